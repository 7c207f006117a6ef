/**
 * For bash from 3.2 on, with and without bash-completion.
 * bash cuts words at `@`, `=` and `:`, too: those that no blank separates in the line are one word. `$2` is what a
 * completion takes the place of, so what stands before it in the word is left out of what is offered.
 */
export const BASH_SCRIPT = `# bash completion for store
_store_complete() {
  local kind='' line program current path part blank i rest="\${COMP_LINE:0:COMP_POINT}"
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part=\${COMP_WORDS[i]}
    blank=\${rest%%[![:space:]]*}
    rest=\${rest#"$blank"}
    # What stands behind the cursor is not asked for.
    [[ $i -eq $COMP_CWORD && $part == "$rest"* ]] && part=$rest
    if [[ $i -gt 0 && -z $blank && $rest == "$part"* ]]; then words[\${#words[@]}-1]+=$part; else words+=("$part"); fi
    rest=\${rest#"$part"}
  done
  current=\${words[\${#words[@]}-1]}
  program=$(type -P -- "\${words[0]/#~\\//$HOME/}") || program=store
  COMPREPLY=()
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("\${line#"\${current%"$2"}"}"); fi
  done < <("$program" __complete bash "\${words[@]:1}" 2>/dev/null)
  path=\${current#--*=}
  case $kind in
    files) _store_complete_files -f "$path" "\${path%"$2"}" ;;
    directories) _store_complete_files -d "$path" "\${path%"$2"}" ;;
  esac
}

_store_complete_files() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    # bash looks for a directory that is called like the part which it replaces.
    if [[ -n $3 && -d \${line/#~\\//$HOME/} ]] && compopt -o nospace 2>/dev/null; then line+=/; fi
    COMPREPLY+=("\${line#"$3"}")
  done < <(compgen "$1" -- "$2")
}

complete -F _store_complete store`;
