"""Metrics of scikit-learn on drawn predictions: python3 make.py > metrics.json. Run by hand; needs scikit-learn and numpy."""

import json
import sys

import numpy as np
import sklearn
from sklearn import metrics

random = np.random.default_rng(7)
cases = []


def rounded(values):
    return [round(float(v), 6) for v in np.ravel(values)]


def add(kind, scores, marks, labels, weights, positive=1):
    """
    Macro means over classes that tell (rows of it and of others), as the metrics are defined for absent classes. Of two
    classes AUROC and AUPRC are those of `positive`; F1 is macro whatever the number of classes.
    """
    rows, classes = scores.shape
    weighted = np.ones(rows) if weights is None else weights
    counted = [positive] if kind == "classes" and classes == 2 else range(classes)
    telling = [k for k in counted if 0 < (marks[:, k] * weighted).sum() < weighted.sum()]
    there = [k for k in counted if (marks[:, k] * weighted).sum() > 0]
    result = {
        "auroc": np.mean([metrics.roc_auc_score(marks[:, k], scores[:, k], sample_weight=weights) for k in telling]),
        "auprc": np.mean(
            [metrics.average_precision_score(marks[:, k], scores[:, k], sample_weight=weights) for k in there]
        ),
    }
    if kind == "classes":
        taken = scores.argmax(1)
        result["balancedAccuracy"] = metrics.balanced_accuracy_score(labels, taken, sample_weight=weights)
        named = [k for k in range(classes) if ((taken == k) * weighted).sum() + (marks[:, k] * weighted).sum() > 0]
        result["f1"] = metrics.f1_score(labels, taken, labels=named, average="macro", sample_weight=weights)
        result["kappa"] = metrics.cohen_kappa_score(labels, taken, sample_weight=weights)
        result["accuracy"] = metrics.accuracy_score(labels, taken, sample_weight=weights)
    else:
        taken = (scores > 0).astype(int)
        mean = lambda score: np.mean([score(marks[:, k], taken[:, k], sample_weight=weights) for k in range(classes)])
        result["balancedAccuracy"] = mean(metrics.balanced_accuracy_score)
        result["f1"] = metrics.f1_score(marks, taken, average="macro", sample_weight=weights)
        result["kappa"] = mean(metrics.cohen_kappa_score)
        result["accuracy"] = mean(metrics.accuracy_score)
    cases.append(
        {
            "kind": kind,
            "classes": classes,
            "positive": positive,
            "scores": rounded(scores),
            "marks": np.ravel(marks).tolist(),
            "weights": None if weights is None else np.ravel(weights).tolist(),
            "metrics": {name: float(value) for name, value in result.items()},
        }
    )


for rows, classes, ties, absent in [(40, 2, 0, 0), (60, 2, 1, 0), (80, 3, 0, 0), (90, 5, 1, 0), (70, 4, 0, 1)]:
    labels = random.integers(0, classes - absent, rows)
    marks = np.eye(classes, dtype=int)[labels]
    scores = np.round(random.normal(size=(rows, classes)) + 1.2 * marks, 1 if ties else 6)
    for weights in (None, random.integers(0, 4, rows)):
        add("classes", scores, marks, labels, weights)
        if classes == 2:
            add("classes", scores, marks, labels, weights, positive=0)
# All rows taken for one class, and scores that are all alike.
labels = np.arange(30) % 3 // 2
marks = np.eye(2, dtype=int)[labels]
for scores in (np.column_stack([np.zeros(30), np.linspace(1, 2, 30)]), np.zeros((30, 2))):
    for positive in (0, 1):
        add("classes", scores, marks, labels, None, positive)
for rows, classes in [(50, 2), (80, 5)]:
    marks = (random.random((rows, classes)) < 0.35).astype(int)
    scores = np.round(random.normal(size=(rows, classes)) + 1.5 * marks - 0.7, 2)
    for weights in (None, random.integers(0, 4, rows)):
        add("labels", scores, marks, None, weights)

json.dump({"sklearn": sklearn.__version__, "numpy": np.__version__, "cases": cases}, sys.stdout)
print()
