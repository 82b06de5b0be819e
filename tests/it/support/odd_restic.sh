#!/bin/sh
# A restic that can tell its version and nothing else.
case "$*" in
*version) echo "restic 9.99.0 compiled with go1.99" ;;
*) echo "Fatal: not today" >&2; exit 1 ;;
esac
