#!/bin/sh
# A stand-in for restic: does what the file `behaviour` says that the test put
# into the repository. It is sourced, never executed, so that no test meets
# "text file busy" while another one forks.
. "${RESTIC_REPOSITORY#local:}/behaviour"
