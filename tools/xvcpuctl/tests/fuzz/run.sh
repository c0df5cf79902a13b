#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A bounded run of fuzz_loaders that does the same each time, as a TAP program. The environment has
#
#   FUZZ        directory with fuzz_loaders and seeds, built by tests/Makefile
#   GUESTS      what guests.sh collected
#   FUZZ_RUNS   inputs; FUZZ_SEED: which ones
#
# For a long run: FUZZ_RUNS=-1 FUZZ_SEED=0. What it finds is kept in FUZZ, as loaders.crash-*.

echo "TAP version 13"
echo "1..1"
name=whatever_an_image_holds_it_is_refused_by_name_or_starts
if [ ! -x "$FUZZ/fuzz_loaders" ]; then
	echo "ok 1 $name # SKIP not built: needs clang and libclang-rt-dev"
	exit
fi

corpus=$(mktemp -d) || exit
trap 'rm -rf "$corpus"' EXIT
"$FUZZ/seeds" "$corpus" "$GUESTS" >"$FUZZ/seeds.log" 2>&1
missing=$?
sed 's/^/# /' "$FUZZ/seeds.log"
if [ $missing -ge 125 ]; then
	echo "not ok 1 $name"
	exit 1
fi

"$FUZZ/fuzz_loaders" -runs="${FUZZ_RUNS:-80000}" -seed="${FUZZ_SEED:-1}" \
	-max_len=8200 -len_control=0 -timeout=20 \
	-artifact_prefix="$FUZZ/loaders." "$corpus" >"$FUZZ/fuzz.log" 2>&1
status=$?
grep -E '^(==|Done|INFO: Seed|disagree)' "$FUZZ/fuzz.log" | sed 's/^/# /'
if [ $status -ne 0 ]; then
	tail -n 40 "$FUZZ/fuzz.log" | sed 's/^/# /'
	echo "not ok 1 $name"
	exit 1
fi
if [ $missing -ne 0 ]; then
	echo "ok 1 $name # SKIP $missing packages for its seeds are not there"
	exit
fi
echo "ok 1 $name"
