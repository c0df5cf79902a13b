#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Unmodified programs from Debian's packages as guests: what they show is compared with what another
# implementation of a PC showed (fixtures/README.md), or with what they say about themselves.
#
#   tool_guests.sh [invaders|memtest|seabios]...       default: all

cd "$(dirname "$0")" || exit 1
. ./tap.sh
[ $# -gt 0 ] || set -- invaders memtest seabios
screen=/tmp/screen

# P is in the keyboard controller before the game looks for the first time: it draws its opening frame
# and stops.
invaders() {
	printf p | xvcpuctl run --mem 16 --keys --no-serial --screen --timeout 20 --until-screen PAUSE \
		invaders.exec >$screen
	status=$?
	sed 's/ *$//' $screen >$screen.text
	cat $screen.text
	[ $status -eq 0 ]
}

# The two lines that the pause adds are the only difference to the opening frame.
title_of() {
	sed '11,12s/.*//' "$1"
}

title_is_shown() {
	title_of $screen.text >/tmp/title
	sed '11,12s/.*//' grub-invaders-title.txt | cmp - /tmp/title
}

memtest() {
	xvcpuctl run --mem 8 --append 'console=ttyS0,115200 nosmp' --timeout 2000 \
		--until 'Test #([6-9]|10)' --until 'Errors: *0' --stats memtest86+x64.bin >$screen
	status=$?
	tail -c 4000 $screen
	[ $status -eq 0 ]
}

# It has nothing to boot from, and waits for a minute before it looks again.
seabios() {
	xvcpuctl run --mem 32 --firmware bios-256k.bin --debug-port /tmp/debug --timeout 15
	status=$?
	cat /tmp/debug
	[ $status -eq 124 ]
}

debug_says() { grep -q "$1" /tmp/debug; }

for guest in "$@"; do
	case $guest in
	invaders)
		check "grub-invaders runs until it is paused" invaders
		check "grub-invaders shows the screen of the fixture" \
			cmp $screen.text grub-invaders-paused.txt
		check "grub-invaders: the opening frame is the fixture's" title_is_shown
		;;
	seabios)
		check "SeaBIOS starts from the reset vector" seabios
		check "SeaBIOS: its banner" debug_says '^SeaBIOS (version 1\.'
		check "SeaBIOS: its boot prompt" debug_says '^Press ESC for boot menu\.'
		check "SeaBIOS: its timer ends the prompt, and it looks for a disk" \
			debug_says '^No bootable device'
		;;
	memtest)
		check "memtest86+ reaches test #6 without an error" memtest
		;;
	esac
done
tap_end
