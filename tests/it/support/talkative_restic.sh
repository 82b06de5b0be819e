#!/bin/sh
# restic, but for repositories below a folder `talkative`: there it fails with
# everything that it was given in its last words. A password that was put into
# rclone's own form, which no test can know, also goes into the file `told` of
# that folder.
case $RESTIC_REPOSITORY in
*/talkative/*)
    folder=${RESTIC_REPOSITORY%/mail/*}
    folder=${folder#rclone::smb:}
    [ -z "$RCLONE_SMB_PASS" ] || echo "$RCLONE_SMB_PASS" >>"$folder/told"
    echo "Fatal: $RCLONE_SMB_PASS $RESTIC_PASSWORD $AWS_SECRET_ACCESS_KEY $RESTIC_REPOSITORY" >&2
    exit 1
    ;;
esac
exec restic "$@"
