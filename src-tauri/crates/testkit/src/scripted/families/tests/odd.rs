//! What only some families have a way to say: calls with an odd index, half answers.

use super::*;

#[test]
fn tool_calls_are_odd_where_the_family_has_an_index() {
    for (name, index) in [(ODD_CALLS[0], None), (ODD_CALLS[1], Some(0))] {
        for (path, query, _) in WAYS {
            let asked = request(path, query, name, true);
            let bytes = bytes(&reply_to(&asked).unwrap());
            if asked.family() != WireFamily::OpenAiChat {
                let heard = read_stream(asked.family(), &bytes, false, path);
                assert_eq!(heard.tool.unwrap().0, "look_up", "{path} {name}");
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            let data = text.lines().filter_map(|line| line.strip_prefix("data: {"));
            let events = data.map(|rest| format!("{{{rest}"));
            let events = events.map(|event| serde_json::from_str::<Value>(&event).unwrap());
            let calls: Vec<Value> = events
                .map(|event| event["choices"][0]["delta"]["tool_calls"][0].clone())
                .filter(|call| !call.is_null())
                .collect();
            assert_eq!(calls.len(), 4, "{path} {name}");
            assert!(calls.iter().all(|call| call["index"].as_u64() == index));
            assert_eq!(
                (&calls[0]["id"], &calls[2]["id"]),
                (&json!("call-1"), &json!("call-2"))
            );
        }
    }
}

#[test]
fn half_an_answer_is_gone_on_from_where_that_can_be_asked_for() {
    let spoken = |asked: &RecordedRequest| {
        let bytes = bytes(&reply_to(asked).unwrap());
        read_stream(asked.family(), &bytes, false, &asked.path).text
    };
    let half = json!("1 2 3");
    for (path, query, fields, expected) in [
        ("/v1/messages", "", json!({}), " 4 5"),
        ("/api/chat", "", json!({}), " 4 5"),
        (
            "/v1beta/models/{model}:streamGenerateContent",
            "alt=sse",
            json!({}),
            " 4 5",
        ),
        ("/openrouter/api/v1/chat/completions", "", json!({}), " 4 5"),
        // OpenAI's own servers take it for a turn.
        ("/v1/chat/completions", "", json!({}), "1 2 3 4 5"),
        ("/v1/responses", "", json!({}), "1 2 3 4 5"),
        (
            "/v1/chat/completions",
            "",
            json!({ "continue_final_message": true, "add_generation_prompt": false }),
            " 4 5",
        ),
    ] {
        let mut asked = request(path, query, "continues-to-5", true);
        let mut body = asked.json();
        for list in ["messages", "input", "contents"] {
            if let Some(turns) = body[list].as_array_mut() {
                turns.push(match list {
                    "contents" => json!({ "role": "model", "parts": [{ "text": half }] }),
                    _ => json!({ "role": "assistant", "content": half }),
                });
            }
        }
        for (name, value) in fields.as_object().unwrap() {
            body[name.as_str()] = value.clone();
        }
        asked.body = body.to_string();
        assert_eq!(spoken(&asked), expected, "{path}");
        let refuses = RecordedRequest {
            path: asked.path.replace("continues-to-5", "refuses-prefill"),
            body: asked.body.replace("continues-to-5", "refuses-prefill"),
            ..asked.clone()
        };
        assert_eq!(reply_to(&refuses).unwrap().status, 400, "{path}");
        if path == "/v1/messages" {
            asked.body = asked.body.replace("1 2 3", "1 2 3 ");
            assert_eq!(reply_to(&asked).unwrap().status, 400);
        }
        if path == "/v1/chat/completions" {
            // Mistral repeats the half.
            body["messages"][1]["prefix"] = json!(true);
            asked.body = body.to_string();
            assert_eq!(spoken(&asked), "1 2 3 4 5");
        }
    }
}
