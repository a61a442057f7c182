# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_journal_global_optspecs
    string join \n data-dir= config= user= json jsonl color= q/quiet no-input no-pager h/help V/version
end

function __fish_journal_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_journal_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_journal_using_subcommand
    set -l cmd (__fish_journal_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c journal -n "__fish_journal_needs_command" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_needs_command" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_needs_command" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_needs_command" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_needs_command" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_needs_command" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_needs_command" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_needs_command" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_needs_command" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_needs_command" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_needs_command" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_needs_command" -f -a "add" -d 'Write a new entry'
complete -c journal -n "__fish_journal_needs_command" -f -a "list" -d 'List entries, newest first'
complete -c journal -n "__fish_journal_needs_command" -f -a "show" -d 'Show entries whole'
complete -c journal -n "__fish_journal_needs_command" -f -a "edit" -d 'Change an entry: its text in the editor, or anything by flags'
complete -c journal -n "__fish_journal_needs_command" -f -a "delete" -d 'Delete entries; `journal undo` brings them back'
complete -c journal -n "__fish_journal_needs_command" -f -a "undo" -d 'Take back the last change, one after another; --redo takes that back'
complete -c journal -n "__fish_journal_needs_command" -f -a "history" -d 'Show the versions of an entry, or the last changes to the journal'
complete -c journal -n "__fish_journal_needs_command" -f -a "search" -d 'Find entries by words and by meaning, best first'
complete -c journal -n "__fish_journal_needs_command" -f -a "similar" -d 'Find entries that mean something close to an entry, a text or a topic'
complete -c journal -n "__fish_journal_needs_command" -f -a "on-this-day" -d 'Show what you wrote on this day in earlier years'
complete -c journal -n "__fish_journal_needs_command" -f -a "random" -d 'Show one entry, by chance'
complete -c journal -n "__fish_journal_needs_command" -f -a "mood" -d 'Show how the entries felt over time'
complete -c journal -n "__fish_journal_needs_command" -f -a "user" -d 'Who writes in this journal: add, choose, change and delete users'
complete -c journal -n "__fish_journal_needs_command" -f -a "login" -d 'Log in as a user who has a password'
complete -c journal -n "__fish_journal_needs_command" -f -a "logout" -d 'Log out: the journal of a user with a password asks for it again'
complete -c journal -n "__fish_journal_needs_command" -f -a "session" -d 'When you sat down to write, and for how long'
complete -c journal -n "__fish_journal_needs_command" -f -a "topics" -d 'Show, find and change topics: what the entries are about'
complete -c journal -n "__fish_journal_needs_command" -f -a "stats" -d 'Show how much you write, and when: streaks, days, weekdays, hours, months, topics'
complete -c journal -n "__fish_journal_needs_command" -f -a "import" -d 'Import entries from JSON lines'
complete -c journal -n "__fish_journal_needs_command" -f -a "export" -d 'Export entries as JSON lines, oldest first, with every field'
complete -c journal -n "__fish_journal_needs_command" -f -a "bulk" -d 'Write many moods or sentiments at once'
complete -c journal -n "__fish_journal_needs_command" -f -a "analyze" -d 'Do what is pending: bring the indexes up to date and compute what entries mean'
complete -c journal -n "__fish_journal_needs_command" -f -a "tasks" -d 'Show what is pending, and why'
complete -c journal -n "__fish_journal_needs_command" -f -a "models" -d 'List, install, verify or remove models'
complete -c journal -n "__fish_journal_needs_command" -f -a "cache" -d 'Look into the cache: what was computed or fetched once and need not be again'
complete -c journal -n "__fish_journal_needs_command" -f -a "reindex" -d 'Build projections anew from the journal'
complete -c journal -n "__fish_journal_needs_command" -f -a "doctor" -d 'Look for anything wrong with the journal; changes nothing'
complete -c journal -n "__fish_journal_needs_command" -f -a "sync" -d 'Bring this journal and a deployment\'s PostgreSQL together'
complete -c journal -n "__fish_journal_needs_command" -f -a "migrate" -d 'Show or change the version of the journal\'s schema'
complete -c journal -n "__fish_journal_needs_command" -f -a "config" -d 'Show or change settings'
complete -c journal -n "__fish_journal_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c journal -n "__fish_journal_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand add" -s t -l title -d 'Title' -r
complete -c journal -n "__fish_journal_using_subcommand add" -s d -l date -d 'The day, with or without a time: yesterday, "last friday 18:00", 2024-05-03' -r
complete -c journal -n "__fish_journal_using_subcommand add" -s m -l mood -d 'How it felt: -1 to 1, 7/10, or awful, bad, low, ok, fine, good, great, wonderful' -r
complete -c journal -n "__fish_journal_using_subcommand add" -l topic -d 'Attach a topic, as #topic in the text does; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand add" -l tz -d 'The zone the date is in, such as Asia/Tokyo' -r
complete -c journal -n "__fish_journal_using_subcommand add" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand add" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand add" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand add" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand add" -l starred -d 'Mark with a star'
complete -c journal -n "__fish_journal_using_subcommand add" -s e -l editor -d 'Open the editor, with the text if one is given'
complete -c journal -n "__fish_journal_using_subcommand add" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand add" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand add" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand add" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand add" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand list" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand list" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l cursor -d 'Go on after the entry with this cursor' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l sort -d 'Sort by this' -r -f -a "date\t''
created\t''
mood\t''
words\t''"
complete -c journal -n "__fish_journal_using_subcommand list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand list" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand list" -l reverse -d 'Smallest or oldest first'
complete -c journal -n "__fish_journal_using_subcommand list" -l full -d 'With the whole text'
complete -c journal -n "__fish_journal_using_subcommand list" -l count -d 'Only how many there are'
complete -c journal -n "__fish_journal_using_subcommand list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand show" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand show" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand show" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand show" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand show" -l analysis -d 'Also what each model said about the entry, with the model\'s name and how sure it is; JSON has it always'
complete -c journal -n "__fish_journal_using_subcommand show" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand show" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand show" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand show" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand show" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand show" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand show" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand edit" -l content -d 'The new text; `-` reads standard input' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -s t -l title -d 'Another title; an empty one takes it away' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -s d -l date -d 'Another day, with or without a time' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -s m -l mood -d 'Another mood; `none` leaves it to the model' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -l topic -d 'Attach a topic' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -l remove-topic -d 'Take a topic off' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -l tz -d 'Another zone' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand edit" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand edit" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand edit" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand edit" -l star -d 'Mark with a star'
complete -c journal -n "__fish_journal_using_subcommand edit" -l unstar -d 'Take the star away'
complete -c journal -n "__fish_journal_using_subcommand edit" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand edit" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand edit" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand edit" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand edit" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand edit" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand edit" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand delete" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand delete" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand delete" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand delete" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand delete" -s y -l yes -d 'Do not ask'
complete -c journal -n "__fish_journal_using_subcommand delete" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand delete" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand delete" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand delete" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand delete" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand delete" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand delete" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand undo" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand undo" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand undo" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand undo" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand undo" -l redo -d 'Do again what was undone last'
complete -c journal -n "__fish_journal_using_subcommand undo" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand undo" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand undo" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand undo" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand undo" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand undo" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand undo" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand history" -l version -d 'Print the text of this version' -r
complete -c journal -n "__fish_journal_using_subcommand history" -s n -l limit -d 'At most so many changes' -r
complete -c journal -n "__fish_journal_using_subcommand history" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand history" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand history" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand history" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand history" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand history" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand history" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand history" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand history" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand history" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand history" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand search" -l mode -d 'How to look [default: search_mode of the configuration, which is auto]' -r -f -a "auto\t'Both where a model and vectors are there, else by words'
text\t'By words'
semantic\t'By meaning'
hybrid\t'Both lists in one'"
complete -c journal -n "__fish_journal_using_subcommand search" -l threshold -d 'How near in meaning a hit must be at least, from -1 to 1 [default: 0.2]' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l sort -d 'Order of the results shown' -r -f -a "score\t'Best first'
date\t'Newest first'"
complete -c journal -n "__fish_journal_using_subcommand search" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l cursor -d 'Go on after the result with this cursor; what was added since the first page is passed over' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand search" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand search" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand search" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand search" -l explain -d 'Say which evidence found each entry: words, passage, ranks and scores'
complete -c journal -n "__fish_journal_using_subcommand search" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand search" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand search" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand search" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand search" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand search" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand search" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand similar" -l text -d 'A text instead of an entry, of one word or more' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l to-topic -d 'A topic instead of an entry' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l threshold -d 'At least so similar, from -1 to 1' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand similar" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand similar" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand similar" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand similar" -l explain -d 'Say how similar each entry is'
complete -c journal -n "__fish_journal_using_subcommand similar" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand similar" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand similar" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand similar" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand similar" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand similar" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand similar" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand similar" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l days -d 'Also so many days before and after it' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l full -d 'With the whole text'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand on-this-day" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand random" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l seed -d 'The same number gives the same entry, as long as the journal is the same' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand random" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand random" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand random" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand random" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand random" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand random" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand random" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand random" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand random" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand random" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand random" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand mood" -l by -d 'Length of a period' -r -f -a "day\t''
week\t''
month\t''"
complete -c journal -n "__fish_journal_using_subcommand mood" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand mood" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand mood" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand mood" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand mood" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand mood" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand mood" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand mood" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand mood" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand mood" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand mood" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand mood" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "add" -d 'Add a user'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "list" -d 'List the users; * marks the one in use'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "use" -d 'Choose the user whose journal this is from now on'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "show" -d 'Show a user, the profile, and how much they have written'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "edit" -d 'Change the address or the profile of a user; `journal undo` takes it back'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "password" -d 'Set, change or remove the password of a user'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "delete" -d 'Delete a user and everything that is theirs; `journal undo` brings it back'
complete -c journal -n "__fish_journal_using_subcommand user; and not __fish_seen_subcommand_from add list use show edit password delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l profile -d 'What is known about the user: a JSON object, @FILE, or - for standard input' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l password-file -d 'Read the password from a file; a line break at its end does not count' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l password -d 'Ask for a password'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l password-stdin -d 'Read the password from standard input'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from use" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l email -d 'Another address' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l set -d 'Set a member of the profile: key=JSON; what is not JSON is taken as text; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l unset -d 'Take a member off the profile; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l profile -d 'Another profile: a JSON object, @FILE, or - for standard input; an empty text takes it away' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l active -d 'Whether the user may be used' -r -f -a "true\t''
false\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l password-file -d 'Read the password from a file; a line break at its end does not count' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l password-stdin -d 'Read the password from standard input'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l remove -d 'Take the password away: no login is needed from now on'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from password" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a user'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the users; * marks the one in use'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "use" -d 'Choose the user whose journal this is from now on'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a user, the profile, and how much they have written'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change the address or the profile of a user; `journal undo` takes it back'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "password" -d 'Set, change or remove the password of a user'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a user and everything that is theirs; `journal undo` brings it back'
complete -c journal -n "__fish_journal_using_subcommand user; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand login" -l password-file -d 'Read the password from a file; a line break at its end does not count' -r -F
complete -c journal -n "__fish_journal_using_subcommand login" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand login" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand login" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand login" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c journal -n "__fish_journal_using_subcommand login" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand login" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand login" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand login" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand login" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand login" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand logout" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand logout" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand logout" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand logout" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand logout" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand logout" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand logout" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand logout" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand logout" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand logout" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand logout" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -f -a "list" -d 'List sessions, newest first'
complete -c journal -n "__fish_journal_using_subcommand session; and not __fish_seen_subcommand_from list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring"' -r
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l cursor -d 'Go on after the session with this cursor' -r
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l open -d 'Only those that last'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "list" -d 'List sessions, newest first'
complete -c journal -n "__fish_journal_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l sort -d 'Sort by this [default: entries]' -r -f -a "name\t'By name'
entries\t'Most entries first'
mood\t'Best mood first'"
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l all -d 'Also the system topics that no entry of yours has'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "list" -d 'List your topics and the system topics in use, with entries, mean mood and day of the last entry'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "find" -d 'Find topics whose names are like a text: misspelt, in part, or in another form'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "add" -d 'Make a topic of your own'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "rename" -d 'Give a topic another name'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "describe" -d 'Say what a topic is about; an empty text takes the description away'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "merge" -d 'Make one topic of several'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "delete" -d 'Delete topics of your own; their entries stay, and `journal undo` brings them back'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "assign" -d 'Give entries a topic, or change how relevant it is to them'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "unassign" -d 'Take a topic off entries'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "suggest" -d 'Suggest topics for an entry, or for the latest 50'
complete -c journal -n "__fish_journal_using_subcommand topics; and not __fish_seen_subcommand_from list find add rename describe merge delete assign unassign suggest help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l sort -d 'Sort by this [default: entries]' -r -f -a "name\t'By name'
entries\t'Most entries first'
mood\t'Best mood first'"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l all -d 'Also the system topics that no entry of yours has'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l threshold -d 'How alike a name must be, at least: above 0, up to 1' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from find" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -s d -l description -d 'What it is about' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from rename" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from describe" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l into -d 'The topic that stays' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from merge" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l relevance -d 'How much they are about it, from 0 to 1' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from assign" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from unassign" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l threshold -d 'How relevant a topic must be, at least: above 0, below 1' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -s n -l limit -d 'At most so many topics' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l apply -d 'Attach what is suggested'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from suggest" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "list" -d 'List your topics and the system topics in use, with entries, mean mood and day of the last entry'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "find" -d 'Find topics whose names are like a text: misspelt, in part, or in another form'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make a topic of your own'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Give a topic another name'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "describe" -d 'Say what a topic is about; an empty text takes the description away'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "merge" -d 'Make one topic of several'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete topics of your own; their entries stay, and `journal undo` brings them back'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "assign" -d 'Give entries a topic, or change how relevant it is to them'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "unassign" -d 'Take a topic off entries'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "suggest" -d 'Suggest topics for an entry, or for the latest 50'
complete -c journal -n "__fish_journal_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand stats" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand stats" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand stats" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand stats" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand stats" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand stats" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand stats" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand stats" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand stats" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand stats" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand stats" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand import" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand import" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand import" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand import" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand import" -l dry-run -d 'Do everything, report, and take it back'
complete -c journal -n "__fish_journal_using_subcommand import" -l update -d 'Bring entries that differ to what the file says; a field that it does not name stays as it is'
complete -c journal -n "__fish_journal_using_subcommand import" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand import" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand import" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand import" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand import" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand import" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand export" -s o -l output -d 'Write to this file, whole or not at all [default: standard output]' -r -F
complete -c journal -n "__fish_journal_using_subcommand export" -l since -d 'From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l until -d 'Up to this day' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l on -d 'On this day, or in this week, month, season or year' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l topic -d 'With this topic; a,b for either, !a for without; may be repeated' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l mood -d 'With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none' -r
complete -c journal -n "__fish_journal_using_subcommand export" -s n -l limit -d 'At most so many' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l cursor -d 'Go on after the entry with this cursor' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l sort -d 'Sort by this' -r -f -a "date\t''
created\t''
mood\t''
words\t''"
complete -c journal -n "__fish_journal_using_subcommand export" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand export" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand export" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand export" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand export" -l starred -d 'With a star'
complete -c journal -n "__fish_journal_using_subcommand export" -l reverse -d 'Largest or newest first'
complete -c journal -n "__fish_journal_using_subcommand export" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand export" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand export" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand export" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand export" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand export" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -f -a "moods" -d 'Set moods: lines of {"id", "mood_score", "updated_at"}'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -f -a "sentiments" -d 'Keep what models said: lines of {"entry_id", "model_name", "sentiment_label", "confidence_score"}'
complete -c journal -n "__fish_journal_using_subcommand bulk; and not __fish_seen_subcommand_from moods sentiments help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l dry-run -d 'Do everything, report, and take it back'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from moods" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l dry-run -d 'Do everything, report, and take it back'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from sentiments" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from help" -f -a "moods" -d 'Set moods: lines of {"id", "mood_score", "updated_at"}'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from help" -f -a "sentiments" -d 'Keep what models said: lines of {"entry_id", "model_name", "sentiment_label", "confidence_score"}'
complete -c journal -n "__fish_journal_using_subcommand bulk; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand analyze" -l model -d 'Do the work of one model alone: vader (sentiment), minilm-emotions-1 (emotions, from vectors of all-MiniLM-L6-v2, and moods made of them), an embedding model that reads entries or topics (vectors), or an installed classifier' -r
complete -c journal -n "__fish_journal_using_subcommand analyze" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand analyze" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand analyze" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand analyze" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand analyze" -l background -d 'Give way to an analysis that runs, and look once more when done'
complete -c journal -n "__fish_journal_using_subcommand analyze" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand analyze" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand analyze" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand analyze" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand analyze" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand analyze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand analyze" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand tasks" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand tasks" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand tasks" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand tasks" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand tasks" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand tasks" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand tasks" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand tasks" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand tasks" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand tasks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand tasks" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -f -a "list" -d 'Show known and installed models, and what each of them reads'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -f -a "install" -d 'Install a model from a folder or an archive, or else from the public hub'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -f -a "verify" -d 'Read every file and compare it with what was installed'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -f -a "remove" -d 'Remove a model\'s files; vectors stay until another model replaces them, and judgements stay'
complete -c journal -n "__fish_journal_using_subcommand models; and not __fish_seen_subcommand_from list install verify remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l from -d 'A folder with the model\'s files, or a .zip, .whl, .tar or .tar.gz that contains it' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l name -d 'What to call a classifier that is not in the list; with --from or --hub' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l hub -d 'Fetch the classifier from this repository of the hub' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l revision -d 'The commit to fetch, 40 hexadecimal digits: what a branch means changes' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l sha256 -d 'The SHA-256 that model.safetensors must have; without it the hub is believed' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show known and installed models, and what each of them reads'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "install" -d 'Install a model from a folder or an archive, or else from the public hub'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Read every file and compare it with what was installed'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a model\'s files; vectors stay until another model replaces them, and judgements stay'
complete -c journal -n "__fish_journal_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -f -a "stats" -d 'Show what is in the cache: entries, bytes, age, hits and misses of each kind'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -f -a "keys" -d 'List the keys that something is kept under'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -f -a "get" -d 'Print a value as JSON'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -f -a "clear" -d 'Remove what is in the cache'
complete -c journal -n "__fish_journal_using_subcommand cache; and not __fish_seen_subcommand_from stats keys get clear help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from stats" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from keys" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l raw -d 'Print the bytes as they are kept; vectors are little-endian f32 numbers'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from get" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from clear" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "stats" -d 'Show what is in the cache: entries, bytes, age, hits and misses of each kind'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "keys" -d 'List the keys that something is kept under'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print a value as JSON'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "clear" -d 'Remove what is in the cache'
complete -c journal -n "__fish_journal_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand reindex" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand reindex" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand reindex" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand reindex" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand reindex" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand reindex" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand reindex" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand reindex" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand reindex" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand reindex" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand reindex" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand doctor" -s n -l limit -d 'How many statements and tables to show' -r
complete -c journal -n "__fish_journal_using_subcommand doctor" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand doctor" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand doctor" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand doctor" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand doctor" -l queries -d 'Show what the statements of past commands have cost instead'
complete -c journal -n "__fish_journal_using_subcommand doctor" -l reset -d 'Forget these costs'
complete -c journal -n "__fish_journal_using_subcommand doctor" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand doctor" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand doctor" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand doctor" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand doctor" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l every -d 'How long --watch waits between two runs: 30s, 5m, 1h' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l dry-run -d 'Show what would be done, and change nothing on either side'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l accept-deletions -d 'Also take that most of the entries here were deleted there'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l watch -d 'Go on until Ctrl-C'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "init" -d 'Make or complete the schema there, and link your account with it'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "push" -d 'Give what was changed here'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "pull" -d 'Take what was changed there'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "status" -d 'Show how far both sides have come'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "conflicts" -d 'Show and settle what both sides have changed'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "doctor" -d 'Look whether the deployment can be used, and compare what is there and here'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "reset" -d 'Forget how far both sides have come: the next sync compares everything'
complete -c journal -n "__fish_journal_using_subcommand sync; and not __fish_seen_subcommand_from init push pull status conflicts doctor reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l account -d 'The account there that is yours, by its e-mail address [default: the address of the user here]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l link -d 'The account there with your address is yours: everything here goes over to it'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l dry-run -d 'Show what would be done'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l no-backup -d 'Keep no dump of the database before its schema is changed'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l dry-run -d 'Show what would be done, and change nothing on either side'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l accept-deletions -d 'Also take that most of the entries here were deleted there'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from push" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l dry-run -d 'Show what would be done, and change nothing on either side'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l accept-deletions -d 'Also take that most of the entries here were deleted there'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from pull" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Also the server, the connection with its settings, and the pool'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -f -a "list" -d 'List them'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -f -a "show" -d 'Show both versions'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -f -a "resolve" -d 'Settle one: leave what stands, or put the other version in its place'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from conflicts" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from doctor" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Do not ask'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make or complete the schema there, and link your account with it'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "push" -d 'Give what was changed here'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Take what was changed there'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show how far both sides have come'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "conflicts" -d 'Show and settle what both sides have changed'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "doctor" -d 'Look whether the deployment can be used, and compare what is there and here'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Forget how far both sides have come: the next sync compares everything'
complete -c journal -n "__fish_journal_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l remote -d 'The deployment\'s PostgreSQL instead of the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -f -a "status" -d 'Show which migrations are applied; changes nothing'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -f -a "up" -d 'Apply what is missing'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -f -a "down" -d 'Take migrations back, so that an older program can go on with the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and not __fish_seen_subcommand_from status up down help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l remote -d 'The deployment\'s PostgreSQL instead of the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l to -d 'The last migration to apply: its number or name [default: the newest]' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l no-backup -d 'Keep no copy first'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l remote -d 'The deployment\'s PostgreSQL instead of the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from up" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l to -d 'The last migration to stay: its number or name' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -s y -l yes -d 'Do not ask'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l dry-run -d 'Show what would go, and change nothing'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l no-backup -d 'Keep no copy first'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l remote -d 'The deployment\'s PostgreSQL instead of the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from down" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show which migrations are applied; changes nothing'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "up" -d 'Apply what is missing'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "down" -d 'Take migrations back, so that an older program can go on with the journal'
complete -c journal -n "__fish_journal_using_subcommand migrate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "list" -d 'Show every setting, its value, and where it comes from'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "get" -d 'Print one setting'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "set" -d 'Change a setting'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "unset" -d 'Go back to the built-in value'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "path" -d 'Print where the file is'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "edit" -d 'Open the file in the editor'
complete -c journal -n "__fish_journal_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path edit help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from get" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from unset" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show every setting, its value, and where it comes from'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print one setting'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change a setting'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Go back to the built-in value'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the file is'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Open the file in the editor'
complete -c journal -n "__fish_journal_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand completions" -l data-dir -d 'Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]' -r -F
complete -c journal -n "__fish_journal_using_subcommand completions" -l config -d 'Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]' -r -F
complete -c journal -n "__fish_journal_using_subcommand completions" -l user -d 'E-mail address of the user [default: the first user]' -r
complete -c journal -n "__fish_journal_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c journal -n "__fish_journal_using_subcommand completions" -l json -d 'Print one JSON document'
complete -c journal -n "__fish_journal_using_subcommand completions" -l jsonl -d 'Print one JSON object a line'
complete -c journal -n "__fish_journal_using_subcommand completions" -s q -l quiet -d 'Say nothing but warnings and errors'
complete -c journal -n "__fish_journal_using_subcommand completions" -l no-input -d 'Never ask anything'
complete -c journal -n "__fish_journal_using_subcommand completions" -l no-pager -d 'Do not use a pager'
complete -c journal -n "__fish_journal_using_subcommand completions" -s h -l help -d 'Print help'
complete -c journal -n "__fish_journal_using_subcommand completions" -s V -l version -d 'Print version'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "add" -d 'Write a new entry'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "list" -d 'List entries, newest first'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "show" -d 'Show entries whole'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "edit" -d 'Change an entry: its text in the editor, or anything by flags'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "delete" -d 'Delete entries; `journal undo` brings them back'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "undo" -d 'Take back the last change, one after another; --redo takes that back'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "history" -d 'Show the versions of an entry, or the last changes to the journal'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "search" -d 'Find entries by words and by meaning, best first'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "similar" -d 'Find entries that mean something close to an entry, a text or a topic'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "on-this-day" -d 'Show what you wrote on this day in earlier years'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "random" -d 'Show one entry, by chance'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "mood" -d 'Show how the entries felt over time'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "user" -d 'Who writes in this journal: add, choose, change and delete users'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "login" -d 'Log in as a user who has a password'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "logout" -d 'Log out: the journal of a user with a password asks for it again'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "session" -d 'When you sat down to write, and for how long'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "topics" -d 'Show, find and change topics: what the entries are about'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "stats" -d 'Show how much you write, and when: streaks, days, weekdays, hours, months, topics'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "import" -d 'Import entries from JSON lines'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "export" -d 'Export entries as JSON lines, oldest first, with every field'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "bulk" -d 'Write many moods or sentiments at once'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "analyze" -d 'Do what is pending: bring the indexes up to date and compute what entries mean'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "tasks" -d 'Show what is pending, and why'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "models" -d 'List, install, verify or remove models'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "cache" -d 'Look into the cache: what was computed or fetched once and need not be again'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "reindex" -d 'Build projections anew from the journal'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "doctor" -d 'Look for anything wrong with the journal; changes nothing'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "sync" -d 'Bring this journal and a deployment\'s PostgreSQL together'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "migrate" -d 'Show or change the version of the journal\'s schema'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "config" -d 'Show or change settings'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c journal -n "__fish_journal_using_subcommand help; and not __fish_seen_subcommand_from add list show edit delete undo history search similar on-this-day random mood user login logout session topics stats import export bulk analyze tasks models cache reindex doctor sync migrate config completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "add" -d 'Add a user'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "list" -d 'List the users; * marks the one in use'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "use" -d 'Choose the user whose journal this is from now on'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "show" -d 'Show a user, the profile, and how much they have written'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "edit" -d 'Change the address or the profile of a user; `journal undo` takes it back'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "password" -d 'Set, change or remove the password of a user'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from user" -f -a "delete" -d 'Delete a user and everything that is theirs; `journal undo` brings it back'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "list" -d 'List sessions, newest first'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "list" -d 'List your topics and the system topics in use, with entries, mean mood and day of the last entry'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "find" -d 'Find topics whose names are like a text: misspelt, in part, or in another form'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "add" -d 'Make a topic of your own'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "rename" -d 'Give a topic another name'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "describe" -d 'Say what a topic is about; an empty text takes the description away'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "merge" -d 'Make one topic of several'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "delete" -d 'Delete topics of your own; their entries stay, and `journal undo` brings them back'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "assign" -d 'Give entries a topic, or change how relevant it is to them'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "unassign" -d 'Take a topic off entries'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "suggest" -d 'Suggest topics for an entry, or for the latest 50'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from bulk" -f -a "moods" -d 'Set moods: lines of {"id", "mood_score", "updated_at"}'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from bulk" -f -a "sentiments" -d 'Keep what models said: lines of {"entry_id", "model_name", "sentiment_label", "confidence_score"}'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "list" -d 'Show known and installed models, and what each of them reads'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "install" -d 'Install a model from a folder or an archive, or else from the public hub'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "verify" -d 'Read every file and compare it with what was installed'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "remove" -d 'Remove a model\'s files; vectors stay until another model replaces them, and judgements stay'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "stats" -d 'Show what is in the cache: entries, bytes, age, hits and misses of each kind'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "keys" -d 'List the keys that something is kept under'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "get" -d 'Print a value as JSON'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "clear" -d 'Remove what is in the cache'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "init" -d 'Make or complete the schema there, and link your account with it'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "push" -d 'Give what was changed here'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "pull" -d 'Take what was changed there'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "status" -d 'Show how far both sides have come'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "conflicts" -d 'Show and settle what both sides have changed'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "doctor" -d 'Look whether the deployment can be used, and compare what is there and here'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "reset" -d 'Forget how far both sides have come: the next sync compares everything'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "status" -d 'Show which migrations are applied; changes nothing'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "up" -d 'Apply what is missing'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from migrate" -f -a "down" -d 'Take migrations back, so that an older program can go on with the journal'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "list" -d 'Show every setting, its value, and where it comes from'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Print one setting'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Change a setting'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Go back to the built-in value'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the file is'
complete -c journal -n "__fish_journal_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "edit" -d 'Open the file in the editor'
