"""The official Python packages as clients of the gateway, unchanged.

Reads GATEWAY (http://127.0.0.1:PORT), TOKEN and PROVIDER from the environment, prints one line a
check, and ends with 1 where one of them fails. The models' names are those of the scripted provider.
"""

import asyncio
import json
import os
import sys
import time

import anthropic
import openai
from pydantic import BaseModel

GATEWAY = os.environ["GATEWAY"]
TOKEN = os.environ["TOKEN"]
PROVIDER = os.environ["PROVIDER"]

OPENAI = openai.OpenAI(base_url=f"{GATEWAY}/v1", api_key=TOKEN, max_retries=0)
ANTHROPIC = anthropic.Anthropic(base_url=GATEWAY, api_key=TOKEN, max_retries=0)

CHECKS = []
USER = [{"role": "user", "content": "Say something."}]


def check(function):
    """Adds a check; its name says what holds."""
    CHECKS.append(function)
    return function


def model(plays):
    """The name of one scripted model."""
    return f"{PROVIDER}/{plays}"


def strict(value):
    """What the package parsed, held against its own types once more."""
    type(value).model_validate(value.model_dump(), strict=False)
    return value


@check
def openai_chat_whole():
    answer = strict(OPENAI.chat.completions.create(model=model("count-to-3"), messages=USER))
    assert answer.choices[0].message.content == "1 2 3"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model_extra["patchbay"]["attempts"][0]["status"] == "answered"


@check
def openai_chat_stream():
    stream = OPENAI.chat.completions.create(
        model=model("count-to-5"),
        messages=USER,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [strict(chunk) for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "1 2 3 4 5"
    assert chunks[-1].usage.completion_tokens > 0


@check
def openai_several_answers():
    answer = strict(OPENAI.chat.completions.create(model=model("count-to-3"), messages=USER, n=3))
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert {choice.message.content for choice in answer.choices} == {"1 2 3"}
    with OPENAI.chat.completions.stream(model=model("count-to-4"), messages=USER, n=2) as stream:
        final = stream.get_final_completion()
    assert [choice.message.content for choice in final.choices] == ["1 2 3 4"] * 2
    assert {choice.finish_reason for choice in final.choices} == {"stop"}


@check
def openai_chat_stream_helper():
    with OPENAI.chat.completions.stream(model=model("count-to-4"), messages=USER) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "content.delta" in kinds and "content.done" in kinds
    assert final.choices[0].message.content == "1 2 3 4"


@check
def openai_tool_loop():
    tools = [{
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }]
    first = OPENAI.chat.completions.create(model=model("tool-call"), messages=USER, tools=tools)
    call = first.choices[0].message.tool_calls[0]
    json.loads(call.function.arguments)
    messages = USER + [
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "Rain."},
    ]
    second = OPENAI.chat.completions.create(model=model("answer"), messages=messages, tools=tools)
    assert second.choices[0].message.content


class Person(BaseModel):
    """What a structured answer holds."""

    name: str


@check
def openai_structured_output_reaches_the_provider():
    # The scripted provider answers in words, so parsing has to fail in the package and not before.
    try:
        OPENAI.chat.completions.parse(
            model=model("answer"), messages=USER, response_format=Person
        )
    except Exception as error:  # noqa: BLE001
        assert "Person" in str(error) or "JSON" in str(error) or "json" in str(error), error
    else:
        raise AssertionError("words were taken for a person")


@check
def openai_responses_whole():
    answer = strict(OPENAI.responses.create(model=model("count-to-3"), input="Count."))
    assert answer.output_text == "1 2 3"
    assert answer.status == "completed"
    assert answer.usage.output_tokens > 0


@check
def openai_responses_stream():
    with OPENAI.responses.stream(model=model("reasoning"), input="Think.") as stream:
        events = [strict(event) for event in stream]
        final = stream.get_final_response()
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == sorted(numbers)
    assert final.output_text
    assert {item.type for item in final.output} == {"reasoning", "message"}


@check
def openai_responses_tools():
    tools = [{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}]
    stream = OPENAI.responses.create(
        model=model("tool-call"), input="Weather?", tools=tools, stream=True
    )
    events = [strict(event) for event in stream]
    final = events[-1].response
    call = next(item for item in final.output if item.type == "function_call")
    json.loads(call.arguments)
    second = OPENAI.responses.create(
        model=model("answer"),
        tools=tools,
        input=[
            {"role": "user", "content": "Weather?"},
            call.model_dump(),
            {"type": "function_call_output", "call_id": call.call_id, "output": "Rain."},
        ],
    )
    assert second.output_text


@check
def openai_responses_by_their_number():
    first = strict(OPENAI.responses.create(model=model("count-to-3"), input="Count."))
    second = strict(
        OPENAI.responses.create(
            model=model("answer"), input="And on.", previous_response_id=first.id
        )
    )
    assert second.previous_response_id == first.id
    again = strict(OPENAI.responses.retrieve(first.id))
    assert again.output_text == "1 2 3"
    assert again.usage == first.usage
    OPENAI.responses.delete(first.id)
    try:
        OPENAI.responses.retrieve(first.id)
    except openai.NotFoundError:
        pass
    else:
        raise AssertionError("an answer that was removed is still there")
    try:
        OPENAI.responses.create(model=model("answer"), input="?", previous_response_id=first.id)
    except openai.BadRequestError as error:
        assert error.code == "previous_response_not_found", error
    else:
        raise AssertionError("an answer that was removed was gone on from")


@check
def openai_completions():
    answer = strict(OPENAI.completions.create(model=model("count-to-2"), prompt="Count."))
    assert answer.choices[0].text == "1 2"


@check
def openai_embeddings():
    """The package asks for Base64 where nothing else is said, and decodes it."""
    usual = strict(OPENAI.embeddings.create(model=model("vectors-8"), input=["one", "another"]))
    digits = OPENAI.embeddings.create(
        model=model("vectors-8"), input=["one", "another"], encoding_format="float"
    )
    assert [item.index for item in usual.data] == [0, 1]
    assert len(usual.data[0].embedding) == 8
    for packed, plain in zip(usual.data, digits.data, strict=True):
        assert all(abs(a - b) < 1e-6 for a, b in zip(packed.embedding, plain.embedding, strict=True))
    assert usual.data[0].embedding != usual.data[1].embedding
    assert usual.usage.prompt_tokens == 2
    assert usual.model_extra["patchbay"]["attempts"][0]["status"] == "answered"


@check
def openai_embeddings_of_tokens_and_in_fewer_dimensions():
    tokens = strict(
        OPENAI.embeddings.create(model=model("vectors-8"), input=[[1, 2], [3]], dimensions=4, user="u")
    )
    assert [len(item.embedding) for item in tokens.data] == [4, 4]
    one = OPENAI.embeddings.create(model=model("vectors-8"), input=[1, 2, 3])
    assert len(one.data) == 1


@check
def openai_embeddings_errors():
    for plays, kind in [
        ("429-day", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("answer", openai.BadRequestError),
    ]:
        try:
            OPENAI.embeddings.create(model=model(plays), input="a")
        except kind as error:
            assert error.body["message"], plays
        else:
            raise AssertionError(f"{plays} made embeddings")


@check
def openai_models():
    names = [strict(known).id for known in OPENAI.models.list()]
    assert names and OPENAI.models.retrieve(names[0]).id == names[0]


@check
def openai_error_classes():
    for plays, kind in [
        ("400", openai.BadRequestError),
        ("402", openai.APIStatusError),
        ("429-day", openai.RateLimitError),
        ("500", openai.InternalServerError),
    ]:
        try:
            OPENAI.chat.completions.create(model=model(plays), messages=USER)
        except kind as error:
            assert error.body["message"], plays
        else:
            raise AssertionError(f"{plays} was answered")
    try:
        OPENAI.with_options(api_key="pb-wrong").models.list()
    except openai.AuthenticationError:
        pass
    else:
        raise AssertionError("a wrong token was taken")
    try:
        OPENAI.chat.completions.create(model="no-such-model", messages=USER)
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"
    else:
        raise AssertionError("an unknown model was answered")


@check
def openai_stream_that_breaks_raises():
    stream = OPENAI.chat.completions.create(
        model=model("cut-after-3"), messages=USER, stream=True
    )
    try:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    except openai.APIError as error:
        assert "stopped" in str(error) or "broke" in str(error), error
    else:
        raise AssertionError(f"half an answer passed for a whole one: {text}")


@check
def openai_retries_after_our_429():
    limited = openai.OpenAI(base_url=f"{GATEWAY}/v1", api_key=os.environ["LIMITED_TOKEN"], max_retries=2)
    began = time.monotonic()
    for _ in range(2):
        limited.with_options(max_retries=0).chat.completions.create(
            model=model("answer"), messages=USER
        )
    try:
        limited.with_options(max_retries=0).chat.completions.create(
            model=model("answer"), messages=USER
        )
    except openai.RateLimitError as error:
        assert 0 < float(error.response.headers["retry-after"]) <= 60
    else:
        raise AssertionError("the limit did not hold")
    assert time.monotonic() - began < 55


@check
def openai_timeout():
    try:
        OPENAI.with_options(timeout=0.5).chat.completions.create(
            model=model("silent"), messages=USER
        )
    except openai.APITimeoutError:
        pass
    else:
        raise AssertionError("silence was an answer")


@check
def openai_async():
    async def both():
        client = openai.AsyncOpenAI(base_url=f"{GATEWAY}/v1", api_key=TOKEN)
        asked = [
            client.chat.completions.create(model=model(f"count-to-{n}"), messages=USER)
            for n in (2, 3)
        ]
        return [answer.choices[0].message.content for answer in await asyncio.gather(*asked)]

    assert asyncio.run(both()) == ["1 2", "1 2 3"]


@check
def anthropic_whole():
    answer = strict(
        ANTHROPIC.messages.create(model=model("count-to-3"), max_tokens=100, messages=USER)
    )
    assert answer.content[0].text == "1 2 3"
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 0


@check
def anthropic_stream_helper():
    with ANTHROPIC.messages.stream(
        model=model("reasoning"), max_tokens=100, messages=USER
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.usage.output_tokens > 0


@check
def anthropic_tool_loop():
    tools = [{"name": "weather", "input_schema": {"type": "object", "properties": {}}}]
    first = ANTHROPIC.messages.create(
        model=model("tool-call"), max_tokens=100, messages=USER, tools=tools
    )
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    with ANTHROPIC.messages.stream(
        model=model("tool-call"), max_tokens=100, messages=USER, tools=tools
    ) as stream:
        streamed = stream.get_final_message()
    again = next(block for block in streamed.content if block.type == "tool_use")
    assert again.input == call.input
    second = ANTHROPIC.messages.create(
        model=model("answer"),
        max_tokens=100,
        tools=tools,
        messages=USER
        + [
            {"role": "assistant", "content": [block.model_dump() for block in first.content]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Rain."}],
            },
        ],
    )
    assert second.content[0].text


@check
def anthropic_count_and_models():
    counted = ANTHROPIC.messages.count_tokens(model=model("answer"), messages=USER)
    assert counted.input_tokens > 0
    assert [known.id for known in ANTHROPIC.models.list()]


@check
def anthropic_error_classes():
    for plays, kind in [
        ("400", anthropic.BadRequestError),
        ("429-day", anthropic.RateLimitError),
        ("500", anthropic.InternalServerError),
    ]:
        try:
            ANTHROPIC.messages.create(model=model(plays), max_tokens=10, messages=USER)
        except kind:
            pass
        else:
            raise AssertionError(f"{plays} was answered")
    try:
        ANTHROPIC.with_options(api_key="pb-wrong").messages.create(
            model=model("answer"), max_tokens=10, messages=USER
        )
    except anthropic.AuthenticationError:
        pass
    else:
        raise AssertionError("a wrong token was taken")


@check
def anthropic_stream_that_breaks_raises():
    try:
        with ANTHROPIC.messages.stream(
            model=model("cut-after-3"), max_tokens=10, messages=USER
        ) as stream:
            stream.get_final_message()
    except anthropic.APIError:
        pass
    else:
        raise AssertionError("half an answer passed for a whole one")


@check
def anthropic_async():
    async def ask():
        client = anthropic.AsyncAnthropic(base_url=GATEWAY, api_key=TOKEN)
        answer = await client.messages.create(
            model=model("count-to-2"), max_tokens=10, messages=USER
        )
        return answer.content[0].text

    assert asyncio.run(ask()) == "1 2"


def main():
    failed = 0
    for function in CHECKS:
        began = time.monotonic()
        try:
            function()
        except Exception as error:  # noqa: BLE001
            failed += 1
            print(f"FAILED {function.__name__}: {type(error).__name__}: {error}")
        else:
            print(f"ok     {function.__name__} ({time.monotonic() - began:.2f} s)")
    print(f"openai {openai.__version__}, anthropic {anthropic.__version__}: "
          f"{len(CHECKS) - failed} of {len(CHECKS)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
