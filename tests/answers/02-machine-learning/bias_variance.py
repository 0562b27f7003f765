"""Answer bank of `bias_variance`."""

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from course.authoring.bank import right, wrong


def checked(degree, x, y_sets, x_new, f_new, y_new):
    x, y_sets, x_new, f_new, y_new = map(np.array, (x, y_sets, x_new, f_new, y_new))
    s, n = y_sets.shape
    if s < 2 or n != len(x) or len(f_new) != len(x_new) or y_new.shape != (s, len(x_new)) or degree < 0 or degree + 1 > n:
        raise ValueError("unusable input")
    p = np.array([np.polynomial.Polynomial.fit(x, y, degree)(x_new) for y in y_sets])
    return p, f_new, y_new


def terms(p, f, y, **other):
    centre = p.mean(axis=0)
    found = {"bias2": np.mean((centre - f) ** 2), "variance": np.mean(p.var(axis=0)), "noise": np.mean((y - f) ** 2), "error": np.mean((y - p) ** 2)}
    return found | other


@right("Legendre polynomials by the pseudo-inverse, all sets at once")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    x, y_sets, x_new, f_new, y_new = (np.asarray(a, dtype=float) for a in (x, y_sets, x_new, f_new, y_new))
    checked(degree, x, y_sets, x_new, f_new, y_new)
    legendre = np.polynomial.legendre.legvander
    p = y_sets @ (legendre(x_new, degree) @ np.linalg.pinv(legendre(x, degree))).T
    return terms(p, f_new, y_new)


@right("scikit-learn pipelines and plain loops")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    checked(degree, x, y_sets, x_new, f_new, y_new)
    column, new = np.reshape(x, (-1, 1)), np.reshape(x_new, (-1, 1))
    p = [make_pipeline(PolynomialFeatures(degree), LinearRegression()).fit(column, y).predict(new).tolist() for y in np.asarray(y_sets)]
    s, m = len(p), len(x_new)
    bias2 = variance = noise = error = 0.0
    for j in range(m):
        centre = sum(row[j] for row in p) / s
        bias2 += (centre - f_new[j]) ** 2 / m
        for i in range(s):
            variance += (p[i][j] - centre) ** 2 / (s * m)
            noise += (y_new[i][j] - f_new[j]) ** 2 / (s * m)
            error += (y_new[i][j] - p[i][j]) ** 2 / (s * m)
    return {"bias2": bias2, "variance": variance, "noise": noise, "error": error}


@wrong("the bias is measured against noisy outcomes")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, bias2=np.mean((p.mean(axis=0) - y) ** 2))


@wrong("this is the variance over x; take it over the data sets")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, variance=np.mean(p.var(axis=1)))


@wrong("average the fits first")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, bias2=np.mean((p - f) ** 2))


@wrong("positive and negative misses cancel")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, bias2=np.mean(p.mean(axis=0) - f) ** 2)


@wrong("the statement asks for S")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, variance=p.var(axis=0, ddof=1).mean())


@wrong("this is a standard deviation")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, variance=p.std(axis=0).mean())


@wrong("the error is measured against the truth")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    p, f, y = checked(degree, x, y_sets, x_new, f_new, y_new)
    return terms(p, f, y, error=np.mean((p - f) ** 2))


@wrong("this is the sum of the three terms")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    found = terms(*checked(degree, x, y_sets, x_new, f_new, y_new))
    return found | {"error": found["bias2"] + found["variance"] + found["noise"]}


@wrong("a single data set: expected ValueError")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    x, y_sets, x_new, f_new, y_new = map(np.array, (x, y_sets, x_new, f_new, y_new))
    if len(x) != y_sets.shape[1] or len(f_new) != len(x_new) or y_new.shape != (len(y_sets), len(x_new)) or not 0 <= degree < len(x):
        raise ValueError
    return terms(np.array([np.polynomial.Polynomial.fit(x, y, degree)(x_new) for y in y_sets]), f_new, y_new)


@wrong("seven coefficients for six points: expected ValueError")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    checked(max(min(degree, len(x) - 1), -1), x, y_sets, x_new, f_new, y_new)
    p = np.array(y_sets) @ (np.vander(x_new, degree + 1) @ np.linalg.pinv(np.vander(x, degree + 1))).T
    return terms(p, np.array(f_new), np.array(y_new))


@wrong("this is the sum of the three terms")
def bias_variance(degree, x, y_sets, x_new, f_new, y_new):
    ys, f, yn = (np.asarray(y_sets, float), np.asarray(f_new, float), np.asarray(y_new, float))
    if ys.ndim != 2 or ys.shape[1] != len(x) or len(x_new) != len(f) or (yn.shape != (len(ys), len(f))) or (len(ys) < 2) or (degree < 0) or (degree >= len(x)):
        raise ValueError("bad input")
    p = np.array([np.polyval(np.polyfit(x, y, degree), x_new) for y in ys])
    b, v, n = (((p.mean(0) - f) ** 2).mean(), p.var(0).mean(), ((yn - f) ** 2).mean())
    return {"bias2": b, "variance": v, "noise": n, "error": b + v + n}
