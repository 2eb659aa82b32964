"""Prices made-up usages with genai-prices itself, in exact decimals.

    vectors.py <output> <left-out provider>...

One line a usage: preset, model, seconds since 1970, tier of service or `-`, twelve counts in the
order of `patchbay_domain::Usage`, dollars, and `+` where a rate has more than nine decimals.
"""

import datetime
import random
import sys
from decimal import Decimal, getcontext

from genai_prices.data import providers
from genai_prices.types import (
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseStartsWith,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
    Usage,
)
from genai_prices.units import _get_registry

ROWS = 10_000
getcontext().prec = 80

PRESETS = {
    'aws': 'bedrock',
    'azure': 'azure',
    'moonshotai': 'moonshot',
    'x-ai': 'xai',
    'zhipuai': 'zhipu',
}
TIERS = {
    'batch': {'processing': 'batch'},
    'flex': {'service_tier': 'flex'},
    'priority': {'service_tier': 'priority'},
}
OTHER_KEYS = [
    key
    for key, unit in _get_registry().units.items()
    if unit.dimensions.get('family') == 'tokens' and unit.dimensions.get('modality') != 'text'
]


def refs(clause):
    """Ids that the clause is meant for."""
    if isinstance(clause, ClauseEquals):
        yield clause.equals
    elif isinstance(clause, ClauseStartsWith):
        yield clause.starts_with
        yield clause.starts_with + '-of-another-day'
    elif isinstance(clause, ClauseEndsWith):
        yield 'some-' + clause.ends_with
    elif isinstance(clause, ClauseContains):
        yield 'some-' + clause.contains + '-thing'
    for part in getattr(clause, 'or_', []) + getattr(clause, 'and_', []):
        yield from refs(part)


def all_prices(model):
    conditional = model.prices if isinstance(model.prices, list) else []
    flat = [] if isinstance(model.prices, list) else [model.prices]
    return flat + [price.prices for price in conditional]


def keys(model):
    return {
        key
        for price in all_prices(model)
        for key, value in price.__dict__.items()
        if value is not None
    }


def moment(dice, model):
    constraints = [price.constraint for price in model.prices] if isinstance(model.prices, list) else []
    constraints += [variant.constraint for variant in model.price_variants or []]
    constraints = [constraint for constraint in constraints if constraint is not None]
    day = datetime.datetime(2024, 6, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=dice.randrange(1000))
    at = day + datetime.timedelta(seconds=dice.randrange(86_400))
    if constraints and dice.random() < 0.7:
        constraint = dice.choice(constraints)
        edge = datetime.timedelta(seconds=dice.choice([-1, 0, 1, 3_600]))
        if isinstance(constraint, StartDateConstraint):
            start = datetime.datetime.combine(constraint.start_date, datetime.time(0), datetime.UTC)
            return start + edge
        if isinstance(constraint, TimeOfDateConstraint):
            hour = dice.choice([constraint.start_time, constraint.end_time])
            return datetime.datetime.combine(day.date(), hour.replace(tzinfo=None), datetime.UTC) + edge
    return at


def count(dice, starts):
    kind = dice.random()
    if kind < 0.25:
        return dice.randrange(1, 100)
    if kind < 0.75:
        return dice.randrange(1, 60_000)
    if kind < 0.85 and starts:
        return dice.choice(starts) + dice.choice([-1, 0, 1])
    return dice.randrange(1, 1_200_000)


def usage(dice, model):
    """Twelve counts in our classes, which do not overlap."""
    priced = keys(model)
    starts = sorted(
        {
            tier.start
            for price in all_prices(model)
            for value in price.__dict__.values()
            if isinstance(value, TieredPrices)
            for tier in value.tiers
        }
    )
    def some(chance):
        return count(dice, starts) if dice.random() < chance else 0
    sound = 0.5 if any('audio' in key for key in priced) else 0.02
    picture = 0.5 if any('image' in key for key in priced) else 0.02
    answer = 0.9 if 'output_mtok' in priced else 0.05
    counts = {
        'input': some(0.95),
        'cache_read': some(0.5),
        'cache_write': some(0.35),
        'cache_write_long': some(0.2),
        'output': some(answer),
        'reasoning': some(0.4 * answer),
        'audio_input': some(sound),
        'audio_cache_read': some(sound / 2),
        'image_input': some(picture),
        'audio_output': some(sound / 2 * answer),
        'image_output': some(picture / 2 * answer),
        'web_searches': dice.randrange(1, 40)
        if dice.random() < (0.5 if 'web_searches_kcount' in priced else 0.01)
        else 0,
    }
    return counts


def theirs(c):
    """The same usage in classes that lie within each other, every one of them stated."""
    stated = dict.fromkeys(OTHER_KEYS, 0)
    stated |= {
        'input_tokens': sum(c[key] for key in list(c)[:4])
        + c['audio_input'] + c['audio_cache_read'] + c['image_input'],
        'cache_read_tokens': c['cache_read'] + c['audio_cache_read'],
        'cache_write_tokens': c['cache_write'] + c['cache_write_long'],
        'cache_write_5m_tokens': c['cache_write'],
        'cache_write_1h_tokens': c['cache_write_long'],
        'output_tokens': c['output'] + c['reasoning'] + c['audio_output'] + c['image_output'],
        'output_reasoning_tokens': c['reasoning'],
        'input_audio_tokens': c['audio_input'] + c['audio_cache_read'],
        'cache_audio_read_tokens': c['audio_cache_read'],
        'input_image_tokens': c['image_input'],
        'output_audio_tokens': c['audio_output'],
        'output_image_tokens': c['image_output'],
        'web_searches': c['web_searches'],
    }
    return Usage(**stated)


def has_long_rate(price: ModelPrice):
    amounts = []
    for value in price.__dict__.values():
        if isinstance(value, TieredPrices):
            amounts += [value.base] + [tier.price for tier in value.tiers]
        elif value is not None:
            amounts.append(value)
    return any(-amount.normalize().as_tuple().exponent > 9 for amount in amounts)


def main():
    output, *left_out = sys.argv[1:]
    dice = random.Random('patchbay')
    models = [(p, m) for p in providers if p.id not in left_out for m in p.models]
    lines = []
    row = 0
    reached, unreachable = set(), set()
    while len(lines) < ROWS:
        provider, model = models[row % len(models)]
        row += 1
        # Some lists name a group of ids by a word that is none of them.
        possible = [
            ref
            for ref in [model.id, *refs(model.match)]
            if provider.find_model(ref, all_providers=providers) and not {'\t', ' '} & set(ref)
        ]
        if not possible:
            unreachable.add(f'{provider.id} {model.id}')
            continue
        ref = dice.choice(possible)
        if provider.fallback_model_providers and dice.random() < 0.3:
            lender_id = dice.choice(provider.fallback_model_providers)
            lender = next(p for p in providers if p.id == lender_id)
            lent = dice.choice(lender.models).id
            ref = lent if provider.find_model(lent, all_providers=providers) else ref
        found = provider.find_model(ref, all_providers=providers)
        if found is None:
            raise SystemExit(f'{provider.id} has no {ref}')
        reached.add(id(found))
        at = moment(dice, found)
        tier = dice.choice(['-', '-', *TIERS])
        counts = usage(dice, found)
        price = found.calc_price(
            theirs(counts), provider, genai_request_timestamp=at, price_context=TIERS.get(tier)
        )
        preset = PRESETS.get(provider.id, provider.id)
        if provider.id.startswith('huggingface_'):
            preset, ref = 'huggingface', f'{ref}:{provider.id.removeprefix("huggingface_")}'
        if provider.id == 'google':
            preset = dice.choice(['google', 'vertex'])
        exact = price.total_price
        if exact != exact.quantize(Decimal(1).scaleb(-40)):
            raise SystemExit('not exact')
        fields = [
            preset,
            ref,
            str(int(at.timestamp())),
            tier,
            ','.join(str(n) for n in counts.values()),
            format(exact.normalize(), 'f'),
            *(['+'] if has_long_rate(price.model_price) else []),
        ]
        lines.append('\t'.join(fields))
    with open(output, 'w', encoding='utf-8', newline='\n') as file:
        file.write('\n'.join(lines) + '\n')
    print(f'{len(lines)} usages of {len(reached)} of {len(models)} models')
    print('no made-up id reaches:', ', '.join(sorted(unreachable)))


main()
