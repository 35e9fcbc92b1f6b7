# fish completion for vaultctl(1), made from its commands by scripts/packaging/completions.py.

# What may follow the commands in $argv[1]: lines of what it is, its name, the kind of its value, and a description. The kinds
# are - (no value), file, directory, words:A,B, names:KIND of 'vaultctl known-names', rest (a command of its own), and ?.
function __vaultctl_grammar
    switch "$argv[1]"
@GRAMMAR@
    end
end

# Completes a value: its kind, what is typed of it, what goes before it, and the options that name the vault.
function __vaultctl_values -a kind value before
    set -l found
    switch $kind
        case file
            set found (__fish_complete_path $value)
        case directory
            set found (__fish_complete_directories $value)
        case 'words:*'
            set found (string split , -- (string replace words: '' -- $kind))
        case 'names:*'
            # The agent alone knows them; without it, or while it is locked, there are none.
            set -l asked (string replace names: '' -- $kind)
            set found (command vaultctl known-names $asked $argv[4..] 2>/dev/null </dev/null)
    end
    for one in $found
        echo -- $before$one
    end
end

function __vaultctl_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l current (commandline -ct)
    set -l path
    set -l rows (__vaultctl_grammar '')
    set -l expects
    set -l vault
    set -l count 0
    set -l ended 0
    set -l index 0
    for word in $typed
        set index (math $index + 1)
        if set -q expects[1]
            test $expects = --vault; and set vault --vault $word
            set expects
        else if test $ended = 0 -a "$word" = --
            set ended $index
        else if test $ended = 0; and string match -q -- '-*' $word
            string match -q -- '--vault=*' $word; and set vault $word
            if string match -qr -- '^option\t'(string escape --style=regex -- $word)'\t[^-]' $rows
                set expects $word
            end
        else if test $count = 0
                and string match -qr -- '^(command|alias)\t'(string escape --style=regex -- $word)'\t' $rows
            set -a path $word
            set rows (__vaultctl_grammar "$path")
        else
            set count (math $count + 1)
        end
    end

    if not set -q expects[1]; and test $ended = 0; and string match -qr -- '^--.*=' $current
        set expects (string replace -r -- '=.*' '' $current)
        set -l row (string match -r -- '^option\t'(string escape --style=regex -- $expects)'\t.*' $rows)
        __vaultctl_values (string split \t -- "$row")[3] (string replace -r -- '^[^=]*=' '' $current) $expects= $vault
    else if set -q expects[1]
        set -l row (string match -r -- '^option\t'(string escape --style=regex -- $expects)'\t.*' $rows)
        __vaultctl_values (string split \t -- "$row")[3] "$current" '' $vault
    else if test $ended = 0; and string match -q -- '-*' $current
        string match -r -- '^option\t.*' $rows | string replace -r -- '^option\t([^\t]*)\t[^\t]*\t' '$1\t'
    else if test $count = 0; and string match -q -- 'command*' $rows
        string match -r -- '^command\t.*' $rows | string replace -r -- '^command\t([^\t]*)\t\t' '$1\t'
    else
        set -l places (string match -r -- '^place\t.*' $rows)
        set -l place (math "min($count + 1, $(count $places))")
        test $place -gt 0; or return
        set -l kind (string split \t -- $places[$place])[2]
        if test "$kind" = 'rest*'
            if test $ended != 0
                set -l rest (string escape -- $typed) ''
                complete -C (string join ' ' -- $rest[(math $ended + 1)..-2] "$current")
            end
        else if test $count -lt (count $places); or string match -q -- '*\*' $kind
            __vaultctl_values (string replace -r -- '\*$' '' $kind) "$current" '' $vault
        end
    end
end

complete -c vaultctl -f -a '(__vaultctl_complete)'
