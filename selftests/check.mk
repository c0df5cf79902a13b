# SPDX-License-Identifier: GPL-2.0-only
#
# Included by the top Makefile: everything that `make check` and `make demo` do. docs/testing.md.
#
#   make check         all of it; the last line is "N passed, N failed, N skipped"
#   make check-host    what needs no test machine: lint, host-only tests, tools
#   make check-vm      what runs in the test machine
#   make check-debug   what runs in the test machine with the debug kernel; not part of `make check`
#   make check-guests  more of Debian's kernels as guests, and more asked of them; likewise
#   make check-models  the suite on five more processors, and without each optional feature; likewise
#   make check-STEP    one step of check.sh --list
#   make check-mutants planted faults: mutants/run.sh; not part of `make check`
#   make demo          three real guests in the test machine
#
# CHECK_JOBS=N: steps at a time, by default one for each processor, at most 4.

CHECK := selftests/check.sh

.PHONY: check check-host check-vm demo

check:
	@$(CHECK) host vm

check-host:
	@$(CHECK) host

check-vm:
	@$(CHECK) vm

check-%:
	@$(CHECK) $*

demo:
	@$(CHECK) --demo

include selftests/mutants/mutants.mk
