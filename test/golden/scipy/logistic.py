"""Logistic regressions by another optimizer: python3 test/golden/scipy/logistic.py > test/golden/scipy/logistic.json"""
import json
import sys

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import logsumexp

random = np.random.default_rng(7)


def fit(x, y, classes, c, balanced):
    z = (x - x.mean(0)) / x.std(0)
    rows, columns = z.shape
    counts = np.bincount(y, minlength=classes)
    share = 1 / ((counts > 0).sum() * counts[y]) if balanced else np.full(rows, 1 / rows)

    def loss(flat):
        w = flat.reshape(classes, columns + 1)
        logits = z @ w[:, :-1].T + w[:, -1]
        logp = logits - logsumexp(logits, axis=1, keepdims=True)
        slope = share[:, None] * (np.exp(logp) - np.eye(classes)[y])
        gradient = np.concatenate([slope.T @ z + w[:, :-1] / (c * rows), slope.sum(0)[:, None]], axis=1)
        value = -(share * logp[np.arange(rows), y]).sum() + (w[:, :-1] ** 2).sum() / (2 * c * rows)
        return value, gradient.ravel()

    found = minimize(loss, np.zeros(classes * (columns + 1)), jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 5000})
    w = found.x.reshape(classes, columns + 1)
    logits = z @ w[:, :-1].T + w[:, -1]
    return np.exp(logits - logsumexp(logits, axis=1, keepdims=True))


cases = []
for rows, columns, classes, c, balanced in [(40, 3, 2, 1.0, True), (60, 5, 3, 0.01, True), (50, 4, 2, 100.0, False), (90, 8, 4, 1.0, False)]:
    y = random.integers(0, classes, rows)
    x = random.normal(size=(rows, columns)) * random.uniform(0.1, 30, columns) + 2 * np.eye(classes, columns)[y] + 5
    p = fit(x, y, classes, c, balanced)
    cases.append(dict(columns=columns, classes=classes, c=c, balanced=balanced, labels=y.tolist(),
                      values=[float("%.9g" % v) for v in x.ravel()], probabilities=[float("%.9g" % v) for v in p.ravel()]))
json.dump(dict(scipy=scipy.__version__, numpy=np.__version__, cases=cases), sys.stdout)
print()
