#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# xvcpuctl run with a processor: for each way in which a guest can end, status and message. TAP; runs in
# the test machine, where there is only busybox, with xvcpuctl in the PATH. The guests are a few
# instructions each, written out here.

dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 2
count=0
failed=0

result() # RESULT NAME
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=$((failed + 1))
		sed 's/^/# /' out err
	fi
}

# guest STATUS NAME OPTION...: run the program in the file "guest"
guest()
{
	want=$1
	name=$2
	shift 2
	xvcpuctl run --mem 16 --timeout 3 "$@" guest >out 2>err </dev/null
	status=$?
	[ $status -eq "$want" ] || echo "status $status, not $want" >>err
	[ $status -eq "$want" ]
	result $? "$name: status $want"
}

says() # FILE REGEX NAME
{
	grep -q -E -- "$2" "$1"
	result $? "$3"
}

echo "TAP version 13"

# --- real mode
# mov $0x3f8,%dx; mov $'h',%al; out %al,%dx; mov $'i',%al; out %al,%dx; mov $3,%al; out %al,$0xf4
printf '\272\370\003\260h\356\260i\356\260\003\346\364' >guest
guest 7 'debug exit' --mode real --debug-exit 0xf4 --stats
says out '^hi$' 'what the guest prints is on standard output'
says err 'io_instruction +3$' 'statistics count the exits'
guest 7 'debug exit, JSON' --mode real --debug-exit 0xf4 --json=result
says result '"end":.*"debug_exit"' 'JSON: how it ended'
says result '"debug_exit":.*3' 'JSON: the value'
says result '"io_instruction":.*3' 'JSON: the exits'
says result '"mode":.*"real"' 'JSON: the mode'
xvcpuctl run --mode real --debug-exit 0xf4 --json guest >out 2>err
[ "$(head -c 1 out)" = '{' ] && [ "$(tail -n 1 out)" = '}' ] && grep -q '^hi' err
result $? 'JSON has standard output for itself, and the console is on standard error'
guest 0 'what --until waits for' --mode real --debug-exit 0xf4 --until '^hi$'
guest 7 'what --until does not see' --mode real --debug-exit 0xf4 --until '^ho$'
guest 7 'silence' --mode real --debug-exit 0xf4 --no-serial
[ ! -s out ]
result $? '--no-serial prints nothing'

# mov $0x604,%dx; mov $0x2000,%ax; out %ax,%dx
printf '\272\004\006\270\000\040\357' >guest
guest 0 'power off' --mode real
guest 44 'power off before --until' --mode real --until never
says err 'was not seen' 'it says that nothing was seen'

# mov $0xfe,%al; out %al,$0x64
printf '\260\376\346\144' >guest
guest 30 'reset by the keyboard controller' --mode real
guest 30 'reset, asked to exit' --mode real --reboot exit
guest 124 'reset over and over, until the timeout' --mode real --reboot reset --timeout 3
says err 'reset the machine: boot 3' 'boots are counted'

# A guest that does nothing but reset: a signal ends it all the same.
timeout -s TERM 3 xvcpuctl run --mode real --reboot reset guest >out 2>err
[ $? -eq 143 ]
result $? 'a signal ends a guest that resets at once, over and over'

# A message to the debug port, and the power off: mov $0x402,%dx; mov $'h',%al; out %al,%dx;
# mov $'i',%al; out %al,%dx; mov $0x604,%dx; mov $0x2000,%ax; out %ax,%dx
printf '\272\002\004\260h\356\260i\356\272\004\006\270\000\040\357' >guest
guest 0 'a message to the debug port' --mode real --debug-port debug
says debug '^hi$' 'it is in the file'

# The console in a file: mov $0x3f8,%dx; mov $'y',%al; out %al,%dx; and the power off
printf '\272\370\003\260y\356\272\004\006\270\000\040\357' >guest
guest 0 'the console is a file' --mode real --console tty
says tty '^y$' 'it has what was printed'
[ ! -s out ]
result $? 'and standard output has nothing'

# cli; hlt and sti; hlt
printf '\372\364' >guest
guest 36 'halt' --mode real --json=result
says err 'interrupts off' 'it says that interrupts are off'
says err 'real mode' 'it shows the mode'
says err 'rip +0*7c02' 'it shows where'
printf '\373\364' >guest
guest 36 'halt with interrupts on' --mode real
says err 'masked in the 8259s' 'it says that interrupts are masked'

# movw $0x7c14,(0x20); movw $0,(0x22); mov $0xfe,%al; out %al,$0x21; sti; 1: hlt; jmp 1b;
# handler of IRQ 0: mov $3,%al; out %al,$0xf4; hlt
printf '\307\006\040\000\024\174\307\006\042\000\000\000\260\376\346\041\373\364\353\375\260\003\346\364\364' >guest
guest 7 'the timer wakes a guest that halted' --mode real --debug-exit 0xf4
# The same without hlt: a guest that spins is interrupted too.
printf '\307\006\040\000\024\174\307\006\042\000\000\000\260\376\346\041\373\220\353\375\260\003\346\364\364' >guest
guest 7 'the timer interrupts a guest that spins' --mode real --debug-exit 0xf4

# lidt 0x500 (limit 0: RAM is zero); int3
printf '\017\001\036\000\005\314' >guest
guest 32 'triple fault' --mode real
says err 'triple fault' 'it says so'

# mov $0x3f8,%dx; mov $0x7c10,%si; mov $2,%cx; rep outsb; mov $3,%al; out %al,$0xf4; hlt; "hi"
printf '\272\370\003\276\020\174\271\002\000\363\156\260\003\346\364\364hi' >guest
guest 7 'string output' --mode real --debug-exit 0xf4
says out '^hi$' 'what REP OUTSB prints is on standard output'
# mov $0x64,%dx; mov $0x500,%di; insb; mov 0x500,%al; out %al,$0xf4 (the status of an idle i8042)
printf '\272\144\000\277\000\005\154\240\000\005\346\364' >guest
xvcpuctl run --mode real --debug-exit 0xf4 guest >out 2>err
ins=$?
# mov $0x64,%dx; in %dx,%al; out %al,$0xf4
printf '\272\144\000\354\346\364' >guest
guest $ins 'string input reads what IN reads' --mode real --debug-exit 0xf4
[ $ins -ne 1 ]
result $? 'and that is not 0'

# sti; jmp . (Bochs 2.7 holds the host's interrupts back while a guest runs that was entered with IF
# clear and never sets it)
printf '\373\353\376' >guest
xvcpuctl run --mode real --timeout 0.02 guest >out 2>err
[ $? -eq 124 ] && grep -q -- '--timeout' err
result $? 'a guest that spins is ended by --timeout'
xvcpuctl run --mode real guest >out 2>err &
pid=$!
until grep -q -s xvcpu /proc/$pid/maps; do :; done
kill -TERM $pid
wait $pid
[ $? -eq 143 ] && grep -q 'signal 15' err
result $? 'a guest that spins is ended by SIGTERM, of which the process dies'

# A B on the screen: mov $0xb800,%ax; mov %ax,%ds; movl $0x07420741,(0); hlt
printf '\270\000\270\216\330\146\307\006\000\000\101\007\102\007\364' >guest
guest 36 'text screen' --mode real --screen
says out '^AB$' 'the text screen is shown at the end'
[ "$(wc -l <out)" -eq 25 ]
result $? 'with all of its lines'
# and then sti; jmp .
printf '\270\000\270\216\330\146\307\006\000\000\101\007\102\007\373\353\376' >guest
guest 0 'the text screen ends the run' --mode real --until-screen '^AB$'

# Echo until q: 1: mov $0x3fd,%dx; in %dx,%al; test $1,%al; jz 1b; mov $0x3f8,%dx; in %dx,%al;
# out %al,%dx; cmp $'q',%al; jne 1b; out %al,$0xf4
printf '\272\375\003\354\250\001\164\370\272\370\003\354\356\074q\165\357\346\364' >guest
printf 'The quick brown fox' | tr -d q >in
printf 'q' >>in
xvcpuctl run --mode real --debug-exit 0xf4 guest <in >out 2>err
[ $? -eq 227 ] && cmp -s in out
result $? 'standard input reaches the guest, all of it'

# --- 32-bit protected mode
# mov 0xd0000000,%eax; out %al,$0xf4
printf '\241\000\000\000\320\346\364' >guest
guest 255 'memory that nobody claims reads as all ones' --mode protected --debug-exit 0xf4 --json=result
says result '"reads":.*[1-9]' 'JSON counts accesses that nobody claims'

# flds 0xd0000000
printf '\331\005\000\000\000\320' >guest
guest 40 'an access that is not decoded' --mode protected
says err '0xd0000000.*: d9 05 00 00 00 d0' 'it shows the instruction'

# mov $0xd0000000,%eax; jmp *%eax
printf '\270\000\000\000\320\377\340' >guest
guest 38 'jump to where there is no memory' --mode protected
says err 'instruction fetch at guest-physical 0xd0000000' 'it says what and where'

# xor %eax,%eax; vmcall; out %al,$0xf4
printf '\061\300\017\001\301\346\364' >guest
guest 255 'an unknown hypercall' --mode protected --debug-exit 0xf4

# mov $0x10000,%ecx (no such MSR); rdmsr, and no IDT
printf '\271\000\000\001\000\017\062' >guest
guest 32 'an MSR that is denied' --mode protected

# mov $0x1234,%dx; in %dx,%al; out %al,$0xf4
printf '\146\272\064\022\354\346\364' >guest
guest 255 'a port that nobody claims reads as all ones' --mode protected --debug-exit 0xf4

# --- 64-bit mode
# mov $0xd0000000,%eax; mov %rax,%cr3
printf '\270\000\000\000\320\017\042\330' >guest
guest 38 'page tables where there is no memory' --mode long
says err 'page walk' 'it says page walk'
says err '64-bit mode' 'it shows the mode'

# --- what the host says
guest 4 'memory too small for the image' --mode long --load 0x1000000
xvcpuctl run --device /dev/null --mode long guest >out 2>err
[ $? -eq 18 ] && grep -q 'not the device of xvcpu' err
result $? 'another device is refused'

echo "1..$count"
[ $failed -eq 0 ]
