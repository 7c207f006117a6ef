/** For bash from 3.2 on, with and without bash-completion. */
export const BASH_SCRIPT = `# bash completion for store
_store_complete() {
  local kind='' line program word="\${COMP_WORDS[COMP_CWORD]}"
  case $word in [=:]) word='' ;; esac
  program=$(type -P -- "\${COMP_WORDS[0]/#~\\//$HOME/}") || program=store
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("$program" __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
    files) _store_complete_files -f "$word" ;;
    directories) _store_complete_files -d "$word" ;;
  esac
}

_store_complete_files() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$2")
}

complete -F _store_complete store`;
