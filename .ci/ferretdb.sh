#!/bin/sh
# Build FerretDB, the MongoDB-compatible server of the tests, and print the path of its program.
#
#     .ci/ferretdb.sh [FOLDER]      FOLDER: where the program goes; by default $HOME/.cache/threat-sharing-hub/bin
#
# `go install github.com/FerretDB/FerretDB/cmd/ferretdb@…` fails where the module proxy refuses the list of versions,
# and what it builds stops at once where it finds no version.txt. So: (1) fetch the module by its exact version, which
# needs no list; (2) build from a copy, because the module cache is read-only; (3) with the version file in place.
set -eu
version=v1.24.2
folder=${1:-"$HOME/.cache/threat-sharing-hub/bin"}
program="$folder/ferretdb"
if [ -x "$program" ] && "$program" --version 2>/dev/null | grep -q "$version"; then
    echo "$program"
    exit 0
fi
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
GOFLAGS=-mod=mod
export GOFLAGS
# (1)
go mod init fetch >/dev/null 2>&1
source=$(go mod download -json "github.com/FerretDB/FerretDB@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
if [ -z "$source" ]; then
    echo "FerretDB $version could not be fetched: check the Go module proxy (go env GOPROXY)" >&2
    exit 1
fi
# (2)
mkdir source
cp -R "$source/." source/
chmod -R u+w source
cd source
# (3)
echo "$version" >build/version/version.txt
echo unknown | tee build/version/commit.txt build/version/branch.txt >build/version/package.txt
mkdir -p "$folder"
nice -n 5 go build -p "${BUILD_JOBS:-1}" -buildvcs=false -o "$program" ./cmd/ferretdb >&2
echo "$program"
