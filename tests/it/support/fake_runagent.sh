#!/bin/sh
# A stand-in for NS8's `runagent -m cluster restic-wrapper ...`: takes the
# wrapper's options out, and runs a real restic on what they name. The
# destination is a folder of the test, which holds the password.
[ "$1 $2 $3" = "-m cluster restic-wrapper" ] || { echo "not so: $*" >&2; exit 2; }
shift 3
for word; do
    shift
    case $word in
        --podman=timeout=*) podman=${word#--podman=} ;;
        --destination=*) destination=${word#--destination=} ;;
        --repopath=*) repopath=${word#--repopath=} ;;
        *) set -- "$@" "$word" ;;
    esac
done
[ -n "$podman" ] || { echo "the container has no limit" >&2; exit 2; }
echo "runagent: [WARNING] a remark of the wrapper" >&2
RESTIC_REPOSITORY=$destination/$repopath
RESTIC_PASSWORD=$(cat "$destination/password")
export RESTIC_REPOSITORY RESTIC_PASSWORD
exec restic "$@"
