#!/usr/bin/env bash
# Builds FerretDB, which speaks MongoDB's protocol, into a cache folder outside the repository, and prints
# where the program is. It needs Go. What has been built once stays.
set -euo pipefail
version=v1.24.2
folder=${XDG_CACHE_HOME:-$HOME/.cache}/mayfly/ferretdb-$version
program=$folder/ferretdb
if [ ! -x "$program" ]; then
  mkdir -p "$folder"
  draft=$(mktemp -d "$folder/build.XXXXXX")
  trap 'chmod -R u+w "$draft" && rm -rf "$draft"' EXIT
  cd "$draft"
  go mod init mayfly.invalid/build >&2
  source=$(go mod download -json "github.com/FerretDB/FerretDB@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -R "$source" source
  chmod -R u+w source
  # Its build writes down what it is; the module has none.
  printf '%s\n' "$version" >source/build/version/version.txt
  (cd source && go build -o ../ferretdb ./cmd/ferretdb) >&2
  mv ferretdb "$program"
fi
printf '%s\n' "$program"
