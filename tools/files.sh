# Sourced: the project's files by name pattern, tracked or new, never ignored or deleted ones.
#   project_files '*.cpp' 'src/*.hpp'
project_files() {
    git ls-files -z --cached --others --exclude-standard -- "$@" |
        while IFS= read -r -d '' file; do [[ -f $file ]] && printf '%s\0' "$file"; done
}
