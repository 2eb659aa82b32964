"""Reads the price lists out of their wheels and writes them as plain JSON.

Nothing of the packages is run: genai-prices keeps its data as a Python file, which is parsed and
walked here; LiteLLM's is JSON. No amount passes through floating point.

    extract.py <genai-prices wheel> <litellm wheel> <output>
"""

import ast
import json
import sys
import zipfile
from decimal import Decimal


def plain(node):
    """A literal, or a call by keywords as an object with its name under `_`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [plain(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {plain(key): plain(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Attribute):
        return ast.unparse(node)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).split('.')[-1]
        if name == 'Decimal':
            return format(Decimal(node.args[0].value), 'f')
        if name == 'date':
            year, month, day = (argument.value for argument in node.args)
            return f'{year:04}-{month:02}-{day:02}'
        if name == 'time':
            zone = [ast.unparse(keyword.value) for keyword in node.keywords]
            if zone not in ([], ['datetime.UTC'], ['datetime.timezone.utc']):
                raise SystemExit(f'a time of day in {zone}')
            hour, minute = ([argument.value for argument in node.args] + [0])[:2]
            if len(node.args) > 2:
                raise SystemExit('a time of day with seconds')
            return f'{hour:02}:{minute:02}'
        if node.args:
            raise SystemExit(f'a call without keywords: {ast.unparse(node)}')
        return {'_': name} | {keyword.arg: plain(keyword.value) for keyword in node.keywords}
    raise SystemExit(f'not a literal: {ast.unparse(node)[:80]}')


def genai_prices(wheel):
    source = zipfile.ZipFile(wheel).read('genai_prices/data.py').decode()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and statement.target.id == 'providers':
            # How to read usage objects is no concern of ours, and half of the file.
            for provider in statement.value.elts:
                provider.keywords = [k for k in provider.keywords if k.arg != 'extractors']
            return plain(statement.value)
    raise SystemExit('the wheel has no list of providers')


def a_million(text):
    """Dollars a token as dollars a million tokens."""
    text = format((Decimal(text) * 1_000_000).normalize(), 'f')
    return text


def litellm(wheel):
    archive = zipfile.ZipFile(wheel)
    member = 'litellm/model_prices_and_context_window_backup.json'
    entries = json.loads(archive.read(member), parse_float=str, parse_int=str)
    entries.pop('sample_spec', None)
    kept = {}
    for name, entry in sorted(entries.items()):
        if entry.get('mode') not in ('chat', 'responses'):
            continue
        rates = {
            key: a_million(value)
            for key, value in entry.items()
            if key.startswith(('input_cost_per_', 'output_cost_per_', 'cache_'))
            and '_token' in key
            and isinstance(value, str)
        }
        kept[name] = {
            'provider': entry.get('litellm_provider', ''),
            'rates': rates,
            'max_input': entry.get('max_input_tokens'),
            'max_output': entry.get('max_output_tokens'),
            'tiered': 'tiered_pricing' in entry,
            'deprecated': entry.get('deprecation_date'),
            'modalities': entry.get('supported_modalities'),
            'output_modalities': entry.get('supported_output_modalities'),
            'supports': {
                key.removeprefix('supports_'): value
                for key, value in entry.items()
                if key.startswith('supports_') and isinstance(value, bool)
            },
        }
    return kept


def main():
    genai_wheel, litellm_wheel, output = sys.argv[1:]
    data = {'genai_prices': genai_prices(genai_wheel), 'litellm': litellm(litellm_wheel)}
    with open(output, 'w', encoding='utf-8') as file:
        json.dump(data, file)


main()
