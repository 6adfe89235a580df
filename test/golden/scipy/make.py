"""Writes preprocess.json: what scipy makes of a few signals. Run by hand: python3 test/golden/scipy/make.py"""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy
from scipy import signal


def rounded(values):
    """Twelve significant digits; inputs are rounded before they are used, so both sides start from the same numbers."""
    return [float(f"{value:.12g}") for value in np.asarray(values, dtype=np.float64)]


random = np.random.default_rng(20260)


def drifting(count):
    """Noise on a slow drift and an offset, so that ends and low frequencies matter."""
    return rounded(np.cumsum(random.normal(size=count)) + random.normal(size=count) + 40)


def resampling():
    x = drifting(240)
    cases = []
    for rate in ["360", "250", "173.61", "128", "512", "1000", "30.3"]:
        ratio = Fraction(200) / Fraction(rate)
        y = signal.resample_poly(x, ratio.numerator, ratio.denominator, window=("kaiser", 5.0))
        cases.append({"rate": float(rate), "up": ratio.numerator, "down": ratio.denominator, "y": rounded(y)})
    return {"x": x, "to": 200, "cases": cases}


def notching():
    x = drifting(300)
    cases = []
    for mains, rate in [(50, 200), (60, 200), (50, 512), (60, 500)]:
        y = np.asarray(x)
        frequency = mains
        while frequency < 0.49 * rate:
            y = signal.filtfilt(*signal.iirnotch(frequency, 30, rate), y)
            frequency += mains
        cases.append({"mains": mains, "rate": rate, "y": rounded(y)})
    return {"x": x, "cases": cases}


def filtering():
    x = drifting(300)
    cases = []
    for low, high, order, rate in [
        (0.5, None, 4, 200),
        (0.1, None, 3, 200),
        (1, None, 1, 200),
        (0.05, None, 2, 250),
        (None, 40, 4, 200),
        (None, 70, 5, 200),
        (None, 0.5, 2, 100),
        (0.5, 45, 4, 200),
        (8, 13, 4, 200),
        (0.1, 95, 4, 200),
        (1, 70, 3, 256),
        (20, 22, 5, 200),
        (0.67, 40, 1, 360),
        (4, 30, 8, 200),
    ]:
        kind = "highpass" if high is None else "lowpass" if low is None else "bandpass"
        edges = low if high is None else high if low is None else [low, high]
        sos = signal.butter(order, edges, kind, fs=rate, output="sos")
        y = signal.sosfiltfilt(sos, x)
        cases.append({"low": low, "high": high, "order": order, "rate": rate, "y": rounded(y)})
    return {"x": x, "cases": cases}


def detrending():
    x = drifting(101)
    return {"x": x, "cases": [{"type": kind, "y": rounded(signal.detrend(x, type=kind))} for kind in ["constant", "linear"]]}


def welching():
    """A hum on noise, and the power spectral density beside it."""
    rate, length = 173.61, 512
    t = np.arange(2000) / rate
    x = rounded(random.normal(size=2000) + 0.4 * np.sin(2 * math.pi * 50 * t))
    frequencies, power = signal.welch(
        np.asarray(x), rate, window="hann", nperseg=length, noverlap=length // 2, detrend="constant", average="median"
    )
    band = (frequencies > 40) & (frequencies < 70)
    return {"x": x, "rate": rate, "length": length, "frequencies": rounded(frequencies[band]), "power": rounded(power[band])}


truth = {
    "made": f"scipy {scipy.__version__}, numpy {np.__version__}",
    "resample": resampling(),
    "notch": notching(),
    "band": filtering(),
    "detrend": detrending(),
    "welch": welching(),
}
Path(__file__).with_name("preprocess.json").write_text(json.dumps(truth) + "\n")
