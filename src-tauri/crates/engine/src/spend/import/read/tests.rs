use proptest::prelude::*;

use super::*;

const OPENROUTER: &str = "generation_id,created_at,cost_total,cost_web_search,cost_cache,\
cost_file_processing,byok_usage_inference,tokens_prompt,tokens_completion,tokens_reasoning,\
tokens_cached,model_permaslug,provider_name,variant,cancelled,streamed,user,finish_reason_raw,\
finish_reason_normalized,generation_time_ms,time_to_first_token_ms,api_key_name,app_name\n\
gen-1,2026-11-20 10:00:00.123,0.00123456,0,0,0,0,100,20,0,0,acme/large-20260910,Host,standard,false,\
true,,stop,stop,900,100,Work,Patchbay\n\
gen-2,2026-11-21T11:00:00Z,0.5,0,0,0,0.25,7,8,0,0,acme/small,Host,free,true,true,,,,900,100,Work,\n";

fn refusal(text: &str) -> String {
    match read(text) {
        Ok(file) => panic!("{file:?}"),
        Err(EngineError::Input(input)) => input.sentence,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_activity_of_openrouter_is_a_row_a_request() {
    let file = read(OPENROUTER).unwrap();
    assert_eq!(file.format, "OpenRouter activity");
    assert_eq!(
        (file.grain, file.read, file.unreadable),
        (UsageGrain::Request, 2, 0)
    );
    let first = &file.rows[0];
    assert_eq!(first.id.as_deref(), Some("gen-1"));
    assert_eq!(first.at, Some(1_795_168_800_123));
    assert_eq!(
        (first.day, first.input, first.output),
        (20_261_120, Some(100), Some(20))
    );
    assert_eq!(first.nano, Some(1_234_560));
    assert_eq!(
        file.rows[1].nano,
        Some(750_000_000),
        "with what was paid elsewhere"
    );
    assert_eq!(file.places, Some(8));
}

#[test]
fn costs_of_openai_are_days_of_models_and_empty_days_are_none() {
    let file = read(
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,\
         project_id\n\
         1795046400,1795132800,2026-11-19T00:00:00+00:00,2026-11-20T00:00:00+00:00,,,,\n\
         1795132800,1795219200,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00,\
         0.100000000000000000000000000,usd,\"gpt-5-nano, input_tokens\",p\n\
         1795132800,1795219200,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00,\
         0.25,usd,\"gpt-5-nano, output_tokens\",p\n\
         1795132800,1795219200,2026-11-20T00:00:00+00:00,2026-11-21T00:00:00+00:00,1,eur,web search,p\n",
    )
    .unwrap();
    assert_eq!(
        (file.format.as_str(), file.grain),
        ("OpenAI costs", UsageGrain::Day)
    );
    assert_eq!(
        (file.read, file.unreadable),
        (2, 1),
        "euros are not dollars"
    );
    assert_eq!(file.rows.len(), 1);
    assert_eq!(file.rows[0].model, "gpt-5-nano");
    assert_eq!(
        (file.rows[0].nano, file.rows[0].parts),
        (Some(350_000_000), 2)
    );
}

#[test]
fn usage_of_openai_and_anthropic_has_tokens_and_no_money() {
    let file = read(
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,batch,\
         input_tokens,output_tokens,input_cached_tokens\n\
         1795132800,1795219200,2026-11-20T00:00:00+00:00,x,p,3,gpt-5-mini,False,1000,50,200\n",
    )
    .unwrap();
    assert_eq!((file.format.as_str(), file.places), ("OpenAI usage", None));
    assert_eq!(
        (file.rows[0].input, file.rows[0].output),
        (Some(1_000), Some(50))
    );
    let file = read(
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,\
         usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,\
         usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,\
         web_search_count,inference_geo,speed\n\
         2026-11-20,claude-sonnet-4-5-20250929,k,Default,standard,\u{2264} 200k,10,20,30,40,5,0,,\n\
         2026-11-20,claude-sonnet-4-5-20250929,other,Default,standard,\u{2264} 200k,1,0,0,0,1,0,,\n",
    )
    .unwrap();
    assert_eq!(file.format, "Anthropic usage");
    assert_eq!(
        (file.rows[0].input, file.rows[0].output),
        (Some(101), Some(6))
    );
    assert_eq!(file.rows[0].nano, None);
}

#[test]
fn a_cost_of_anthropic_is_rounded_to_cents() {
    let file = read(
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,\
         list_price_usd,cost_type,inference_geo,speed\n\
         2026-11-20,Claude Sonnet 4.5,Default,k,message,\u{2264} 200k,input_no_cache,1.50,1.50,token,,\n\
         2026-11-20,Claude Sonnet 4.5,Default,k,message,\u{2264} 200k,output,0.13,0.13,token,,\n",
    )
    .unwrap();
    assert_eq!(
        (file.format.as_str(), file.places),
        ("Anthropic cost", Some(2))
    );
    assert_eq!(file.rows.len(), 1);
    assert_eq!(file.rows[0].nano, Some(1_630_000_000));
}

#[test]
fn other_lists_are_read_by_the_names_of_their_columns() {
    let file = read("Date;Model Name;Cost (USD)\n2026-11-20;Acme Large;0,12\n2026-11-20;b;1\n");
    // "cost_usd" is the name of the third column.
    let file = file.unwrap();
    assert_eq!((file.format.as_str(), file.grain), ("CSV", UsageGrain::Day));
    assert_eq!(file.rows[0].nano, Some(120_000_000));
    let file = read(
        "Request ID,Timestamp,Model,Prompt Tokens,Completion Tokens,Cost\n\
         r1,2026-11-20T10:00:00Z,a,\"1,200\",5.0,\"$1,234.50\"\n",
    )
    .unwrap();
    assert_eq!(file.grain, UsageGrain::Request);
    assert_eq!(
        (file.rows[0].input, file.rows[0].output),
        (Some(1_200), Some(5))
    );
    assert_eq!(file.rows[0].nano, Some(1_234_500_000_000));
    let counted = read("time,model,requests,cost\n2026-11-20T10:00:00Z,a,7,1\n").unwrap();
    assert_eq!(
        counted.grain,
        UsageGrain::Day,
        "a row of seven requests is none"
    );
}

#[test]
fn marks_ends_of_lines_and_quotes_change_nothing() {
    let plain = read(OPENROUTER).unwrap();
    let crlf = OPENROUTER.replace('\n', "\r\n");
    for text in [
        format!("\u{feff}{OPENROUTER}"),
        crlf.clone(),
        format!("\u{feff}sep=,\r\n{crlf}"),
        OPENROUTER.trim_end().to_owned(),
        OPENROUTER.replace("acme/small", "\"acme/small\""),
        format!("{OPENROUTER}\n\n,,,\n"),
    ] {
        assert_eq!(read(&text).unwrap(), plain, "{text:?}");
    }
}

#[test]
fn rows_that_cannot_be_read_are_counted() {
    let file = read(
        "date,model,cost\n2026-11-20,a,1\nyesterday,a,1\n2026-11-20,a,1.2.3\n2026-11-20,a,\"1,23\"\n\
         2026-11-20\n2026-11-20,a,NaN\n2026-11-20,a,99999999999\n",
    )
    .unwrap();
    assert_eq!((file.read, file.unreadable), (1, 5));
    assert!(refusal("date,model,cost\nx,a,1\n").contains("only row"));
    assert!(refusal("date,model,cost\n").contains("no row"));
}

#[test]
fn what_is_something_else_is_told_apart() {
    for (text, words) in [
        ("", "empty"),
        ("\u{feff} \n", "empty"),
        ("%PDF-1.7", "PDF"),
        ("PK\u{3}\u{4}rest", "ZIP"),
        ("<!doctype html><html>", "web page"),
        ("{\"a\":1}", "JSON"),
        ("date,cost\n\0", "no text"),
        ("name,address\nx,y\n", "no list of usage"),
        ("just some words", "no list of usage"),
        ("date,model\n2026-11-20,a\n", "no list of usage"),
    ] {
        assert!(refusal(text).contains(words), "{text:?}: {}", refusal(text));
    }
}

#[test]
fn a_huge_line_and_too_many_rows_are_borne() {
    let huge = "x".repeat(10 * 1024 * 1024);
    let file = read(&format!(
        "date,model,cost\n2026-11-20,{huge},1\n2026-11-20,a,1\n"
    ))
    .unwrap();
    assert_eq!(file.read, 2);
    assert!(
        file.rows
            .iter()
            .all(|row| row.model.chars().count() <= LONGEST_CELL)
    );
    assert!(refusal(&format!("{huge}\n1,2\n")).contains("no list of usage"));
    let open = format!("date,model,cost\n2026-11-20,a,1\n2026-11-21,\"{huge}");
    assert_eq!(read(&open).unwrap().read, 1);
    let mut many = "date,model,cost\n".to_owned();
    many.push_str(&"2026-11-20,a,1\n".repeat(500_001));
    assert!(refusal(&many).contains("500,000"));
    many.truncate(0);
    many.push_str(&"x".repeat(MOST_BYTES + 1));
    assert!(refusal(&many).contains("50 MB"));
}

#[test]
fn moments_are_read_as_they_are_written() {
    let noon = Some((20_261_120, Some(1_795_176_000_000)));
    for (text, expected) in [
        ("2026-11-20T12:00:00Z", noon),
        ("2026-11-20T12:00:00+00:00", noon),
        ("2026-11-20T13:00:00+01:00", noon),
        ("2026-11-20 12:00:00", noon),
        ("2026-11-20 12:00:00.000", noon),
        ("2026-11-20 12:00:00 UTC", noon),
        ("1795176000", noon),
        ("1795176000000", noon),
        ("2026-11-20", Some((20_261_120, None))),
        ("20 November", None),
        ("", None),
        ("99999999999999999999", None),
    ] {
        let found = moment(text).map(|(day, at)| (day.number(), at));
        assert_eq!(found, expected, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_cells_make_it_panic(cells in prop::collection::vec("[\\PC\"\r\n,;]{0,20}", 0..24)) {
        let rows = cells.chunks(3).map(|row| row.join(",")).collect::<Vec<_>>().join("\n");
        let _ = read(&format!("date,model,cost\n{rows}"));
    }

    #[test]
    fn the_order_of_a_file_says_nothing(rows in prop::collection::vec((0_u32..5, 0_u32..3, 0_u32..1_000), 1..20)) {
        let text = |rows: &[(u32, u32, u32)]| {
            let line = |(day, model, cents): &(u32, u32, u32)| {
                format!("2026-11-{:02},m{model},{}.{:02}\n", day + 1, cents / 100, cents % 100)
            };
            format!("date,model,cost\n{}", rows.iter().map(line).collect::<String>())
        };
        let forward = read(&text(&rows)).unwrap();
        let backward: Vec<_> = rows.iter().rev().copied().collect();
        prop_assert_eq!(&read(&text(&backward)).unwrap(), &forward);
        let total: i64 = forward.rows.iter().filter_map(|row| row.nano).sum();
        let cents: u32 = rows.iter().map(|(_, _, cents)| cents).sum();
        prop_assert_eq!(total, i64::from(cents) * 10_000_000);
        prop_assert_eq!(forward.rows.iter().map(|row| row.parts).sum::<u64>(), forward.read);
    }

    #[test]
    fn what_is_kept_comes_back(cents in 0_u32..1_000) {
        let file = read(&format!("date,model,cost\n2026-11-20,a,0.{cents:03}\n")).unwrap();
        let kept = serde_json::to_string(&file).unwrap();
        prop_assert_eq!(serde_json::from_str::<UsageFile>(&kept).unwrap(), file);
    }
}
