export const FISH_SCRIPT = `# fish completion for store
function __store_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program __complete fish $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
    set -l prefix (string match -r -- '^--[^=]+=' "$current")
    set -l path (string replace -r -- '^--[^=]+=' '' "$current")
    switch "$kind"
        case files
            printf "$prefix%s\\n" (__fish_complete_path "$path")
        case directories
            printf "$prefix%s\\n" (__fish_complete_directories "$path" '')
    end
end

complete -c store -e
complete -c store -f -k -a '(__store_complete)'`;
