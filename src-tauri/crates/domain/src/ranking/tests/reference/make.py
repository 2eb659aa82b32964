"""Makes votes.json: sets of votes, and what other people's programs make of them.

    make.py <data folder of R's BradleyTerry2> <output>

README.md says with which versions it was run.
"""

import bz2
import gzip
import json
import lzma
import math
import pathlib
import sys
import zlib
from collections import Counter

import numpy as np
import pandas as pd
import rdata
import statsmodels.api as statsmodels
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset
from scipy.optimize import minimize
from scipy.special import expit

POINTS = 400 / math.log(10)
NORMAL = 1.959963984540054


def published(folder):
    """The data frames of an R package: each is compressed by itself, a table says where it lies."""

    def read(data):
        return rdata.conversion.convert(rdata.parser.parse_data(data))

    table = read(gzip.decompress((folder / 'Rdata.rdx').read_bytes()))
    contents = (folder / 'Rdata.rdb').read_bytes()

    def frame(name):
        start, length = (int(number) for number in table['variables'][name])
        # Four bytes of length, then a letter for what is not zlib.
        data = contents[start + 4 : start + length]
        if data[:1] == b'Z':
            raw = [{'id': lzma.FILTER_LZMA2}]
            return read(lzma.decompress(data[1:], format=lzma.FORMAT_RAW, filters=raw))
        if data[:1] == b'2':
            return read(bz2.decompress(data[1:]))
        return read(zlib.decompress(data))

    baseball = []
    for row in frame('baseball').itertuples():
        baseball += [(row[1], row[2], 1.0)] * int(row[3]) + [(row[1], row[2], 0.0)] * int(row[4])
    hockey = [(row.visitor, row.opponent, row.result) for row in frame('icehockey').itertuples()]
    schools = []
    for row in frame('CEMS')['preferences'].dropna(subset=['win1', 'win2', 'tied']).itertuples():
        schools.append((row.school1, row.school2, row.win1 + row.tied / 2))
    return {
        'baseball of 1987': baseball,
        'ice hockey of 2009': hockey,
        'schools preferred by students': schools,
    }


def generated(random):
    """Two columns, strengths that are known."""

    def votes(strengths, count, ties, pick):
        rows = []
        for _ in range(count):
            left, right = pick(len(strengths))
            won = 0.5 if random.random() < ties else float(
                random.random() < expit(strengths[left] - strengths[right])
            )
            rows.append((f'm{left:02}', f'm{right:02}', won))
        return rows

    def any_two(models):
        return random.choice(models, 2, replace=False)

    def favourites(models):
        shares = 1 / np.arange(1, models + 1)
        return random.choice(models, 2, replace=False, p=shares / shares.sum())

    return {
        'few votes': votes(random.normal(0, 0.7, 4), 60, 0.2, any_two),
        'many votes': votes(random.normal(0, 1, 12), 3000, 0.15, any_two),
        'one shown more than others': votes(random.normal(0, 1, 8), 800, 0.1, favourites),
        'no ties': votes(random.normal(0, 0.5, 6), 400, 0.0, any_two),
        'mostly ties': votes(random.normal(0, 1, 5), 500, 0.7, any_two),
    }


def arena_rank(rows):
    """Scores and halves of intervals, by LMArena's own package."""
    words = {1.0: 'model_a', 0.0: 'model_b', 0.5: 'tie'}
    frame = pd.DataFrame(
        [(left, right, words[won]) for left, right, won in rows],
        columns=['model_a', 'model_b', 'winner'],
    )
    data = PairDataset.from_pandas(frame)
    # Its usual regularisation of the Hessian narrows intervals a little; much less than this, and the
    # inverse loses its digits.
    model = BradleyTerry(len(data.competitors), hessian_reg=1e-6, ftol=1e-15, gtol=1e-10)
    result = model.compute_ratings_and_cis(data)
    halves = (np.array(result['rating_upper']) - np.array(result['rating_lower'])) / 2
    scores = np.array(result['ratings'])
    return list(result['competitors']), scores - scores.mean() + 1000, halves


def with_prior(models, rows):
    """Scores by scipy's minimiser, with one tie of each model against an opponent of strength 0."""
    numbers = {model: number for number, model in enumerate(models)}
    left = np.array([numbers[row[0]] for row in rows])
    right = np.array([numbers[row[1]] for row in rows])
    won = np.array([row[2] for row in rows])

    def loss(strengths):
        difference = strengths[left] - strengths[right]
        prior = np.logaddexp(0, strengths) - strengths / 2
        surprise = expit(difference) - won
        gradient = expit(strengths) - 0.5
        np.add.at(gradient, left, surprise)
        np.add.at(gradient, right, -surprise)
        return np.sum(np.logaddexp(0, difference) - won * difference) + np.sum(prior), gradient

    found = minimize(
        loss, np.zeros(len(models)), jac=True, method='L-BFGS-B', options={'ftol': 1e-16, 'gtol': 1e-10, 'maxiter': 10000}
    )
    return (found.x - found.x.mean()) * POINTS + 1000


def ballots(random, models, count, columns, ties, twins):
    """Several columns; with `twins` a model may have two of them."""
    strengths = random.normal(0, 0.8, models)
    made = []
    for _ in range(count):
        shown = random.choice(models, random.integers(2, columns + 1), replace=twins)
        if len(set(shown)) == 1:
            continue
        odds = np.exp(strengths[shown] - random.gumbel(0, 0.1, len(shown)))
        best = None if random.random() < ties else int(random.choice(len(shown), p=odds / odds.sum()))
        made.append(([int(model) for model in shown], best))
    return made


def clustered(models, made):
    """Differences to the first model and their standard errors, by statsmodels: a logistic regression
    of weighted pairs, whose errors are clustered by ballot."""
    design, won, weights, groups = [], [], [], []
    for group, (shown, best) in enumerate(made):
        count = len(shown)
        for i in range(count):
            for j in range(i + 1, count):
                if shown[i] == shown[j] or (best is not None and best not in (i, j)):
                    continue
                row = np.zeros(models)
                row[shown[i]], row[shown[j]] = 1, -1
                design.append(row[1:])
                won.append(0.5 if best is None else float(best == i))
                weights.append(2 / (count * (count - 1)) if best is None else 1 / (count - 1))
                groups.append(group)
    fitted = statsmodels.GLM(
        np.array(won), np.array(design), family=statsmodels.families.Binomial(), var_weights=np.array(weights)
    ).fit(
        tol=1e-14,
        cov_type='cluster',
        cov_kwds={'groups': np.array(groups), 'use_correction': False, 'df_correction': False},
    )
    return fitted.params * POINTS, fitted.bse * POINTS


def rounded(values):
    return [round(float(value), 6) for value in values]


def main():
    folder, output = map(pathlib.Path, sys.argv[1:])
    random = np.random.default_rng(5)
    pairs = []
    for name, rows in (published(folder) | generated(random)).items():
        models, scores, halves = arena_rank(rows)
        counts = Counter()
        for left, right, won in rows:
            left, right = models.index(left), models.index(right)
            if left > right:
                left, right, won = right, left, 1 - won
            counts[left, right, won] += 1
        pairs.append(
            {
                'name': name,
                'models': len(models),
                # First, second, won by the first, tied, won by the second.
                'votes': [
                    [*pair, *(counts[*pair, won] for won in (1.0, 0.5, 0.0))]
                    for pair in sorted({(left, right) for left, right, _ in counts})
                ],
                'scores': rounded(scores),
                'margins': rounded(halves),
                'scores_with_prior': rounded(with_prior(models, rows)),
            }
        )
    several = []
    for name, models, count, columns, ties, twins in [
        ('up to four columns', 5, 200, 4, 0.15, False),
        ('eight columns', 8, 120, 8, 0.1, False),
        ('two columns of a model', 4, 150, 5, 0.2, True),
    ]:
        made = ballots(random, models, count, columns, ties, twins)
        differences, errors = clustered(models, made)
        several.append(
            {
                'name': name,
                'models': models,
                'ballots': made,
                'differences_to_first': rounded(differences),
                'standard_errors': rounded(errors),
            }
        )
    parts = {'pairs': pairs, 'ballots': several}
    lines = [
        f'"{part}": [\n' + ',\n'.join(json.dumps(one, separators=(',', ':')) for one in sets) + '\n]'
        for part, sets in parts.items()
    ]
    output.write_text('{\n' + ',\n'.join(lines) + '\n}\n')


main()
