#compdef vaultctl
# zsh completion for vaultctl(1), made from its commands by scripts/packaging/completions.py.

# What may follow the commands in $1: lines of what it is, its name, the kind of its value, and a description. The kinds are
# - (no value), file, directory, words:A,B, names:KIND of 'vaultctl known-names', rest (a command of its own), and ?.
__vaultctl_grammar() {
    case $1 in
@GRAMMAR@
    esac
}

# Takes the grammar after the commands in $1 into the variables of the caller.
__vaultctl_follow() {
    local row
    local -a parts
    verbs=() other_names=() switches=() kinds=() places=()
    for row in "${(@f)$(__vaultctl_grammar "$1")}"; do
        parts=("${(@ps:\t:)row}")
        case $parts[1] in
        command) verbs+=("$parts[2]:$parts[4]") ;;
        alias) other_names+=("$parts[2]") ;;
        option)
            switches+=("$parts[2]:$parts[4]")
            kinds[$parts[2]]=$parts[3]
            ;;
        place) places+=("$parts[2]") ;;
        esac
    done
}

__vaultctl_values() {
    local -a found
    case $1 in
    file) _files ;;
    directory) _files -/ ;;
    words:*)
        found=("${(@s:,:)1#words:}")
        compadd -a found
        ;;
    names:*)
        # The agent alone knows them; without it, or while it is locked, there are none.
        found=("${(@f)$(command vaultctl known-names ${1#names:} ${vault:+--vault "$vault"} 2>/dev/null </dev/null)}")
        found=("${(@)found:#}")
        compadd -a found
        ;;
    esac
}

_vaultctl() {
    local word expects vault path_ kind
    # Under names that zsh has not taken for itself.
    local -a verbs other_names switches places
    local -A kinds
    local -i i count=0 ended=0
    __vaultctl_follow ''
    for ((i = 2; i < CURRENT; i++)); do
        word=${(Q)words[i]}
        if [[ -n $expects ]]; then
            [[ $expects == --vault ]] && vault=${word/#\~\//$HOME/}
            expects=
        elif ((!ended)) && [[ $word == -- ]]; then
            ended=i
        elif ((!ended)) && [[ $word == -* ]]; then
            [[ $word == --vault=* ]] && vault=${word#*=}
            [[ ${kinds[$word]:--} != - ]] && expects=$word
        elif ((!count)) && (( ${verbs[(I)$word:*]} || ${other_names[(Ie)$word]} )); then
            path_+=${path_:+ }$word
            __vaultctl_follow "$path_"
        else
            count+=1
        fi
    done

    if [[ -n $expects ]]; then
        __vaultctl_values $kinds[$expects]
    elif ((!ended)) && [[ $PREFIX == --*=* ]]; then
        kind=${kinds[${PREFIX%%=*}]}
        compset -P '*=' && __vaultctl_values "$kind"
    elif ((!ended)) && [[ $PREFIX == -* ]]; then
        _describe -o option switches
    elif (( $#verbs && !count )); then
        _describe -t commands command verbs
    else
        # After the last place comes nothing, unless it is one of many.
        kind=${places[count + 1]-}
        [[ -z $kind && ${places[-1]-} == *'*' ]] && kind=$places[-1]
        if [[ $kind == rest* ]]; then
            ((ended)) || return 1
            compset -n $((ended + 1)) && _normal
        else
            __vaultctl_values "${kind%\*}"
        fi
    fi
}

# Loaded by compinit as a function of this name, or sourced.
if [[ $funcstack[1] == _vaultctl ]]; then
    _vaultctl "$@"
else
    compdef _vaultctl vaultctl
fi
