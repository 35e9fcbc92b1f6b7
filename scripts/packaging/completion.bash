# bash completion for vaultctl(1), made from its commands by scripts/packaging/completions.py.

# What may follow the commands in $1. An option with a value is NAME=KIND, and a word by its place a KIND: file, directory,
# words:A,B, names:KIND of 'vaultctl known-names', rest (a command of its own), or ? where nothing is known.
__vaultctl_grammar() {
    case $1 in
@GRAMMAR@
    esac
}

_vaultctl() {
    # Bash splits words at @, = and : too, which names may have; here they are whole, up to the cursor.
    local line=${COMP_LINE:0:COMP_POINT} word trimmed
    local -a typed=()
    local -i i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$trimmed
        if ((i > 0)) && [[ -n $line && $line == "$trimmed" ]]; then
            typed[-1]+=$word
        else
            typed+=("$word")
        fi
        line=${trimmed#"$word"}
    done
    local current=${typed[-1]}

    local commands aliases options places path= expects= vault=
    local -i count=0 ended=0 rest=0
    __vaultctl_grammar ''
    for ((i = 1; i < ${#typed[@]} - 1; i++)); do
        word=${typed[i]}
        if [[ -n $expects ]]; then
            [[ $expects == --vault ]] && vault=$word
            expects=
        elif ((!ended)) && [[ $word == -- ]]; then
            ended=1
            rest=i+1
        elif ((!ended)) && [[ $word == -* ]]; then
            [[ $word == --vault=* ]] && vault=${word#*=}
            [[ " $options" == *" $word="* ]] && expects=$word
        elif ((!count)) && [[ " $commands $aliases " == *" $word "* ]]; then
            path+=${path:+ }$word
            __vaultctl_grammar "$path"
        else
            count+=1
        fi
    done

    local kind= value=$current
    if [[ -n $expects ]]; then
        kind=" $options"
        kind=${kind#*" $expects="}
        kind=${kind%% *}
    elif ((!ended)) && [[ $current == --*=* && " $options" == *" ${current%%=*}="* ]]; then
        kind=" $options"
        kind=${kind#*" ${current%%=*}="}
        kind=${kind%% *}
        value=${current#*=}
    elif ((!ended)) && [[ $current == -* ]]; then
        local -a names
        read -ra names <<<"$options"
        kind=words:$(IFS=,; echo "${names[*]%%=*}")
    elif [[ -n $commands ]] && ((!count)); then
        kind=words:${commands// /,}
    else
        # After the last place comes nothing, unless it is one of many.
        local -a kinds
        read -ra kinds <<<"$places"
        ((count < ${#kinds[@]})) && kind=${kinds[count]}
        [[ -z $kind && $places == *'*' ]] && kind=${kinds[-1]}
        kind=${kind%'*'}
    fi

    local -a found=()
    case $kind in
    file) compopt -o filenames && mapfile -t found < <(compgen -f -- "$value") ;;
    directory) compopt -o filenames && mapfile -t found < <(compgen -d -- "$value") ;;
    words:*) mapfile -t found < <(IFS=,; compgen -W "${kind#words:}" -- "$value") ;;
    names:*)
        # The agent alone knows them; without it, or while it is locked, there are none.
        while IFS= read -r word; do
            [[ $word == "$value"* ]] && found+=("$word")
        done < <(command vaultctl known-names "${kind#names:}" ${vault:+--vault "${vault/#\~\//$HOME/}"} \
            2>/dev/null </dev/null)
        ;;
    rest)
        if ((ended && rest == ${#typed[@]} - 1)); then
            mapfile -t found < <(compgen -c -- "$value")
        elif ((ended)) && declare -F _command_offset >/dev/null; then
            # The library of bash-completion counts words as bash splits them.
            for ((i = 0; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == -- ]] && break; done
            _command_offset $((i + 1))
            return
        elif ((ended)); then
            compopt -o filenames && mapfile -t found < <(compgen -f -- "$value")
        fi
        ;;
    esac

    # Bash replaces what comes after the last of its own breaks alone.
    local before=
    [[ $value == *"$2" ]] && before=${value%"$2"}
    COMPREPLY=("${found[@]#"$before"}")
}

complete -F _vaultctl vaultctl
