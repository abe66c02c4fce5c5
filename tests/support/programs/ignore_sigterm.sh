# Ignores SIGTERM, and has a child, whose pid is written to the file that is given.
trap '' TERM
sleep 60 &
echo $! > "$1"
wait
