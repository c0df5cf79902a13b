# SPDX-License-Identifier: GPL-2.0-only
#
# xvcpu: module, tool, tests. `make` builds, `make demo` and `make check` do everything on a fresh machine.
#
#   make [KDIR=...]   xvcpu.ko, tools and selftests in build/; KDIR: headers of the kernel to build for
#   make install      module, tool, header, man page, udev rule
#   make demo         boots the test machine and runs real guests in it
#   make check        all tests
#   make check-host   only those that need no test machine

KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
		    $(lastword $(sort $(wildcard /lib/modules/*-amd64/build))))
O := $(abspath build)
MODULE_DIR := $(O)/module

.PHONY: all module tools selftests install clean deps

all: module tools selftests

# Built in a copy, so that the tree stays as it is; begun anew for another kernel.
module:
	@test -d "$(KDIR)" || { echo "No kernel headers: apt-get install linux-headers-amd64, or KDIR=..." >&2; exit 1; }
	@[ "$$(cat $(MODULE_DIR)/kdir 2>/dev/null)" = "$(KDIR)" ] || rm -rf $(MODULE_DIR)
	@mkdir -p $(MODULE_DIR)
	@echo "$(KDIR)" >$(MODULE_DIR)/kdir
	@cp -ruT kmod $(MODULE_DIR)/kmod
	@cp -ruT uapi $(MODULE_DIR)/uapi
	@cp -u Kbuild $(MODULE_DIR)/Kbuild
	$(MAKE) -C $(KDIR) M=$(MODULE_DIR) modules
	@cp $(MODULE_DIR)/xvcpu.ko $(O)/xvcpu.ko

tools:
	$(MAKE) -C tools O=$(O)
	@ln -sf $(O)/xvcpuctl tools/xvcpuctl/xvcpuctl

selftests: tools
	$(MAKE) -C selftests O=$(O)/selftests

install: module tools
	$(MAKE) -C $(KDIR) M=$(MODULE_DIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(MAKE) -C tools O=$(O) install

clean:
	rm -rf $(O)

deps:
	selftests/deps.sh build vm check

include selftests/check.mk
