export const ZSH_SCRIPT = `#compdef store
# zsh completion for store
_store() {
  local line value kind
  local -a lines values
  lines=("\${(@f)$("\${words[1]/#\\~\\//$HOME/}" __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  kind=\${lines[1]}
  for line in "\${(@)lines[2,-1]}"; do
    value=\${\${line%%$'\\t'*}//:/\\\\:}
    [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
    [[ -n $value ]] && values+=("$value")
  done
  (( $#values )) && _describe -V 'store' values
  [[ $kind == (files|directories) ]] || return 0
  compset -P '--*='
  if [[ $kind == files ]]; then _files; else _files -/; fi
}

if [[ \${funcstack[1]} == _store ]]; then _store "$@"; else compdef _store store; fi`;
