"""The corpus of `scripts/bench`, each entry with two judgements and two topics, as models would leave them."""

import random
import uuid

from corpus import Corpus

EMOTIONS = ["anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"]
TOPICS = 40


class AnalysedCorpus(Corpus):
    NAME = "entries-analysed.jsonl"

    def generate(self):
        chance = random.Random(f"analyses {self.size}")
        for entry in super().generate():
            scores = [chance.random() for _ in EMOTIONS]
            emotions = {name: round(score / sum(scores), 4) for name, score in zip(EMOTIONS, scores)}
            best = max(emotions, key=emotions.get)
            mood = entry["mood_score"]
            judged = [
                ("vader", "positive" if mood > 0.05 else "negative" if mood < -0.05 else "neutral", abs(mood), None),
                ("minilm-emotions-1", best, emotions[best], emotions),
            ]
            entry["sentiments"] = [
                {
                    "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                    "model_name": model,
                    "sentiment_label": label,
                    "confidence_score": confidence,
                    "emotions": emotions,
                    "analyzed_at": entry["created_at"],
                }
                for model, label, confidence, emotions in judged
            ]
            entry["topics"] = [
                {"name": f"{self.words[300 + topic]}", "relevance_score": round(chance.uniform(0.2, 1), 2)}
                for topic in chance.sample(range(TOPICS), 2)
            ]
            yield entry
