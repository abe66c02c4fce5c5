# Unpacks the server and its add-ons from Debian's package ($1) into a folder ($2).
set -euo pipefail
dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --strip-components=5 \
  --wildcards './usr/lib/python3/dist-packages/odoo/*' --exclude='*.po'
