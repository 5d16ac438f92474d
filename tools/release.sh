#!/bin/sh
# tools/release.sh: refuses unless the tree is committed, its version is a release's, the built files are that release's and its tag
# is still free; then says which tag to make. Makes nothing itself.
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-.venv/bin/python}
version=$("$python" -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])') || exit 1
refuse() { echo "$1" >&2; exit 1; }
case "$version" in
    *.dev*) refuse "Version $version in pyproject.toml is a development version: write ${version%.dev*} there, run \`make stamp\` and commit." ;;
esac
[ -z "$(git status --porcelain)" ] || refuse "There are changes that are not committed (git status): commit or remove them."
"$python" -m course_utils.instructor.build --check || refuse "The built files are not those of v$version: run \`make stamp\`, or build what is named, and commit."
if git rev-parse -q --verify "refs/tags/v$version" >/dev/null; then
    refuse "The tag v$version is there already: a release never changes, so give pyproject.toml the next version."
fi
echo "Everything agrees on v$version. Now: git tag v$version && git push origin v$version"
