#!/usr/bin/env python3
"""Computes reference scores with VADER's own program, for the tests of src/analysis/vader.

    python3 -m venv /some/venv && /some/venv/bin/pip install vaderSentiment==3.3.2
    /some/venv/bin/python scripts/reference-vader.py tests/fixtures/vader/expected.jsonl

The texts are sentences of the sample journal and those below, written for this file. Each becomes a
line with the four figures the program prints, and with "known": whether its lexicon has any token.

To compare other texts, give them as JSON strings, one in each line of standard input:

    /some/venv/bin/python scripts/reference-vader.py --stdin /some/output.jsonl
"""

import json
import re
import sys
from pathlib import Path

from vaderSentiment.vaderSentiment import SentiText, SentimentIntensityAnalyzer

FROM_JOURNAL = 300

WRITTEN = [
    # The rules the paper names, in the order of the program's examples.
    "The soup is warm, tasty, and fun.",
    "The soup is warm, tasty, and fun!",
    "The soup is very warm, tasty, and fun.",
    "The soup is VERY WARM, tasty, and FUN.",
    "The soup is VERY TASTY, uber nice, and FRIGGIN FUN!!!",
    "The soup is not warm, tasty, nor fun.",
    "At least it isn't a terrible soup.",
    "The soup was only kind of nice.",
    "The soup was nice, but the guests are boring and the wine is not great.",
    "Today only kinda sux! But I'll get by, lol",
    "Remember to :) or :D on Monday!",
    "Send an emoji such as 💘 or 💋 or 😁",
    "Not bad at all",
    # Capitals.
    "I am HAPPY",
    "I AM HAPPY",
    "It was a BAD, bad day.",
    "It is BARELY good and NOT bad",
    "ÜBER good, TOTALLY terrible, B-52 LOVE",
    "I LOVE 3 things: 1 2 3",
    # Words that strengthen and weaken, at each distance.
    "really good",
    "a really long good",
    "a really long walk good",
    "a really long walk home good",
    "hardly bad",
    "It was sort of bad and just enough fun to stay.",
    "It was sort of a good day.",
    "slightly less awful, somewhat more wonderful",
    "kind people are kind of kind",
    "so, so good",
    # Negation.
    "I don't like it",
    "I don’t like it",
    "I dont really like it",
    "nothing here is good",
    "seldom was it good",
    "never so good",
    "never was it so good",
    "never this good",
    "This so good day",
    "What a day so good",
    "without doubt good",
    "without a doubt good",
    "without any joy",
    "It won't ever not be good.",
    "no good",
    "no joy",
    "no joy or love",
    "no, I love it",
    "There is no table here.",
    "No!",
    # Least.
    "the least happy man",
    "Least happy of all",
    "at least happy",
    "the very least happy man",
    # Idioms.
    "With tea this day is the shit",
    "That cake was the bomb!",
    "My new bike is quite bad ass",
    "What a badass!",
    "Oh well, yeah right, good",
    "It was the kiss of death for us",
    "We had a dinner to die for",
    "She waits at the bus stop.",
    "My own beating heart",
    "Down by the bus stop good tea",
    "Down by the shit there good tea",
    # But.
    "good but bad",
    "I love it but I hate it but I love it",
    "great great but great",
    "hope (1.9) good (1.9) but good hope",
    "winning but ok",
    "But good",
    "good but",
    # Punctuation.
    "good!",
    "good!!!!!!",
    "good?",
    "good??",
    "good???",
    "good????",
    "bad!?!?",
    "!!!",
    "\"Good,\" she said; 'nice'...",
    "**wonderful** _terrible_ [joy](sad)",
    "no; so, ok! xD :( :-) <3 ;) D: O_o",
    # Emoji next to words, with variation selectors and joined.
    "😀",
    "good😀bad",
    "good 😀 bad",
    "I ❤️ you and I ❤ you",
    "👍🏽 🙏 😭😭😭 👩‍👩‍👧",
    "🆙🔛 happy",
    # Space, nothing, other languages.
    "",
    " ",
    "\n\t",
    "good\n\nbad\tnice\u00a0joy\u3000love\u001fhate",
    "東京に行きました。楽しかった！",
    "Der Zug fuhr um acht, alles war gut.",
    "¿Qué tal? 😀",
    "The table has four legs.",
]


def sentences_of_journal():
    """Sentences of the sample journal, spread evenly over it."""
    path = Path(__file__).resolve().parent.parent / "examples" / "sample-journal.jsonl"
    texts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        for sentence in re.split(r"(?<=[.!?])\s+", json.loads(line)["content"]):
            texts.append(" ".join(sentence.split()))
    texts = [text for text in dict.fromkeys(texts) if text]
    return [texts[index * len(texts) // FROM_JOURNAL] for index in range(FROM_JOURNAL)]


def described(analyzer, text):
    """The text as the program splits it: with each emoji replaced by its description."""
    result, after_space = "", True
    for character in text:
        if character in analyzer.emojis:
            result += ("" if after_space else " ") + analyzer.emojis[character]
            after_space = False
        else:
            result += character
            after_space = character == " "
    return result.strip()


def main():
    arguments = sys.argv[1:]
    from_stdin = "--stdin" in arguments
    if from_stdin:
        arguments.remove("--stdin")
    if len(arguments) != 1:
        sys.exit(__doc__)
    texts = [json.loads(line) for line in sys.stdin] if from_stdin else WRITTEN + sentences_of_journal()
    analyzer = SentimentIntensityAnalyzer()
    with open(arguments[0], "w", encoding="utf-8") as output:
        for text in texts:
            tokens = SentiText(described(analyzer, text)).words_and_emoticons
            known = any(token.lower() in analyzer.lexicon for token in tokens)
            line = {"text": text, **analyzer.polarity_scores(text), "known": known}
            output.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
