#!/usr/bin/env python3
"""Makes tiny, randomly initialised models and what the Python reference computes with them.

    python3 -m venv /some/venv && /some/venv/bin/pip install torch transformers==4.46.3
    /some/venv/bin/python scripts/reference-tiny-models.py tests/fixtures/models

Three folders laid out as the public hub lays them out: an MPNet sentence encoder, a DistilBERT that
tells two sentiments apart, and a RoBERTa that gives each of several emotions a score of its own. Their
words are made up below and their weights are random, so the results mean nothing; but they pass through
every part of the architecture: weights are larger than a trained model starts with, and texts longer
than the window, so that a wrong bucket, epsilon, mask or cut changes the numbers visibly. `expected.json`
holds texts, piece ids and results, computed in 64-bit floats, in one padded batch; the same texts
computed alone are compared here. tests/model_architectures.rs holds the program to it.
"""

import base64
import json
import sys
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    DistilBertConfig,
    DistilBertForSequenceClassification,
    DistilBertTokenizerFast,
    MPNetConfig,
    MPNetModel,
    MPNetTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    RobertaTokenizerFast,
)

ONSETS = ["b", "d", "fl", "gr", "k", "l", "m", "n", "pr", "s", "t", "v", "z"]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ou"]
CODAS = ["", "n", "r", "sk", "l"]
SYLLABLES = [onset + vowel + coda for onset in ONSETS for vowel in VOWELS for coda in CODAS]
MARKS = list("0123456789.,:;!?'\"()-#/@")
LETTERS = list("abcdefghijklmnopqrstuvwxyz")
WORDS = [a + b for a, b in zip(SYLLABLES[::3], reversed(SYLLABLES[1::5]))]
PIECES = MARKS + LETTERS + ["##" + letter for letter in LETTERS] + WORDS + SYLLABLES[:200]
PIECES += ["##" + syllable for syllable in SYLLABLES[::4] if len(syllable) > 1] + ["day", "the", "und", "é"]
PIECES = list(dict.fromkeys(PIECES))

LONG = "The day the grouskba flounder met daisk and zounne, nobody said koul. "
TEXTS = [
    "",
    " ",
    "ok",
    "Bada",
    "The day was long.",
    "Title of the day\n\nThe content comes after a blank line.",
    "Don't panic: it's 12:30, I'm at gate B-17 (again)!",
    "Café crème à Orléans, naïve Ærøskøbing, ŁÓDŹ.",
    "Cafe\u0301 cre\u0300me",
    "今日は雨だった。",
    "So happy 🎉 😭❤️",
    "<s> as some <mask> write </s> them <pad> and [UNK] [CLS] [SEP] [PAD] <unk>",
    "x" * 150,
    "a\tb\nc\u00a0d\u200be",
    " ".join(WORDS[:40]),
    LONG * 2,
    LONG * 5,
    LONG * 9,
    LONG * 40,
]


def randomise(model, seed):
    """Weights that make every part of the architecture count."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator)
        if "LayerNorm.weight" in name or "layer_norm.weight" in name:
            weight.data = 1.0 + 0.2 * noise
        elif "embeddings" in name:
            # Small, so that the epsilon of the first normalisation counts.
            weight.data = 0.02 * noise
        elif "relative_attention_bias" in name:
            weight.data = 1.0 * noise
        else:
            weight.data = 0.3 * noise
    model.eval()


def save(model, tokenizer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    model.double()


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def expected(tokenizer, window, compute, folder):
    """Compares texts alone with texts in a padded batch, and keeps the latter."""
    with torch.no_grad():
        batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=window, return_tensors="pt")
        together = compute(batch)
        rows = []
        for number, text in enumerate(TEXTS):
            one = tokenizer([text], truncation=True, max_length=window, return_tensors="pt")
            apart = (compute(one)[0] - together[number]).abs().max().item()
            assert apart < 1e-9, (apart, text)
            whole = tokenizer(text, add_special_tokens=False)["input_ids"]
            numbers = together[number].float().numpy().astype("<f4").tobytes()
            ids = one["input_ids"][0].tolist()
            rows.append({"text": text, "pieces": len(whole), "ids": ids, "numbers": base64.b64encode(numbers).decode()})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(folder.name, "pieces", [row["pieces"] for row in rows])


def mpnet(folder):
    folder.mkdir(parents=True, exist_ok=True)
    words = ["<s>", "<pad>", "</s>", "<unk>", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + PIECES + ["<mask>"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    tokenizer = MPNetTokenizerFast(str(folder / "vocab.txt"), model_max_length=160)
    window = 160
    config = MPNetConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=window + 10,
        layer_norm_eps=1e-5,
        relative_attention_num_buckets=32,
    )
    model = MPNetModel(config, add_pooling_layer=True)
    randomise(model, 1)
    save(model, tokenizer, folder)
    module = "sentence_transformers.models."
    steps = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    write(
        folder / "modules.json",
        [{"idx": i, "name": str(i), "path": path, "type": module + kind} for i, (path, kind) in enumerate(steps)],
    )
    write(folder / "sentence_bert_config.json", {"max_seq_length": window, "do_lower_case": False})
    write(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": 32,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    )

    def compute(batch):
        hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).double()
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, p=2, dim=1)

    expected(tokenizer, window, compute, folder)


def distilbert(folder):
    folder.mkdir(parents=True, exist_ok=True)
    words = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + PIECES
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    window = 128
    tokenizer = DistilBertTokenizerFast(str(folder / "vocab.txt"), model_max_length=window)
    config = DistilBertConfig(
        vocab_size=len(words),
        dim=32,
        n_layers=2,
        n_heads=4,
        hidden_dim=64,
        max_position_embeddings=window,
        id2label={0: "NEGATIVE", 1: "POSITIVE"},
        label2id={"NEGATIVE": 0, "POSITIVE": 1},
    )
    model = DistilBertForSequenceClassification(config)
    randomise(model, 2)
    save(model, tokenizer, folder)
    expected(tokenizer, window, lambda batch: model(**batch).logits.softmax(-1), folder)


def roberta(folder):
    folder.mkdir(parents=True, exist_ok=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = ByteLevelBPETokenizer()
    pieces.train_from_iterator(
        [LONG, " ".join(WORDS), " ".join(SYLLABLES)] + TEXTS[:8], vocab_size=460, special_tokens=special
    )
    pieces.save_model(str(folder))
    window = 96
    tokenizer = RobertaTokenizerFast(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=window
    )
    emotions = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=window + 2,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        problem_type="multi_label_classification",
        id2label=dict(enumerate(emotions)),
        label2id={name: number for number, name in enumerate(emotions)},
    )
    model = RobertaForSequenceClassification(config)
    randomise(model, 3)
    save(model, tokenizer, folder)
    expected(tokenizer, window, lambda batch: model(**batch).logits.sigmoid(), folder)


def main():
    target = Path(sys.argv[1])
    mpnet(target / "tiny-mpnet")
    distilbert(target / "tiny-distilbert")
    roberta(target / "tiny-roberta")


if __name__ == "__main__":
    main()
