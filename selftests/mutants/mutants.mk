# SPDX-License-Identifier: GPL-2.0-only
#
# Included by check.mk.
#
#   make check-mutants              plants faults, one by one, and fails where no test notices
#   make check-mutants MUTANTS=...  only these: names of selftests/mutants/*.patch

.PHONY: check-mutants

check-mutants:
	@selftests/mutants/run.sh $(MUTANTS)
