export const FISH_SCRIPT = `# fish completion for store
function __store_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r -- '^~(?=/)' "$HOME" $words[1])
    command -q -- $program; or set program store
    command -q -- $program; or return
    set -e words[1]
    set -l lines ($program __complete fish $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
    contains -- "$kind" files directories; or return
    set -l prefix (string match -r -- '^--[^=]+=' "$current")
    set -l path (string replace -r -- '^--[^=]+=' '' "$current")
    # What begins with a dash is an option, but for what comes behind --.
    string match -q -- '-*' "$path"; and not contains -- -- $words; and return
    # fish reads quotes and backslashes in what it completes by itself, and it does so for a command that it does not know.
    set -l found (complete -C"__store_no_such_command $path")
    test "$kind" = directories; and set found (string match -- '*/' $found)
    test (count $found) -gt 0; and printf '%s\\n' "$prefix"$found
end

complete -c store -e
complete -c store -f -k -a '(__store_complete)'`;
