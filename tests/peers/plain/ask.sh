# Make a sender that watches a folder send one message: `sh ask.sh FOLDER`; ends with what it tells, 0 for accepted.
touch "$1/asked/$$"
while [ ! -f "$1/told/$$" ]; do sleep 0.01; done
exit "$(cat "$1/told/$$")"
