//! Values for the columns of the architecture: mostly ones that fit, and all the kinds that do not.

use journaling_ai::store::{Column, ColumnType, TABLES, Table};
use proptest::prelude::*;
use proptest::sample::select;

/// A row: a text, NULL, or (absent) the column's default.
pub(crate) type Values = Vec<(&'static str, Option<String>)>;

/// The id of the `number`th row of a table: few, so that rows meet, and distinct between tables.
pub(crate) fn id(table: &str, number: usize) -> String {
    let table = TABLES.iter().position(|known| known.name == table).unwrap();
    format!("0190a000-0000-7000-8{table:03}-{number:012x}")
}

/// How many rows of a table have an id that others may name.
pub(crate) const IDS: usize = 4;

/// A row of a table, all columns in order.
pub(crate) fn row(table: &'static Table) -> impl Strategy<Value = Values> {
    table
        .columns
        .iter()
        .map(|column| cell(table, column))
        .collect::<Vec<_>>()
        .prop_map(|cells| cells.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Some columns of a table, in order, none of its key.
pub(crate) fn changes(table: &'static Table) -> impl Strategy<Value = Values> {
    let free: Vec<&'static Column> = table.columns.iter().filter(|column| !table.key.contains(&column.name)).collect();
    proptest::sample::subsequence(free, 1..=2).prop_flat_map(move |columns| {
        columns.into_iter().map(|column| (Just(column.name), nullable(table, column))).collect::<Vec<_>>()
    })
}

fn cell(table: &'static Table, column: &'static Column) -> BoxedStrategy<(&'static str, Option<Option<String>>)> {
    let name = column.name;
    // Defaults that are the time or chance differ between two databases.
    let varies = matches!(column.kind, ColumnType::Timestamp) || name == "id";
    let absent = Just(varies.then_some(None)).boxed();
    prop_oneof![30 => nullable(table, column).prop_map(Some), 1 => absent].prop_map(move |value| (name, value)).boxed()
}

fn nullable(table: &'static Table, column: &'static Column) -> impl Strategy<Value = Option<String>> + use<> {
    let null = if (table.name, column.name) == ("topics", "user_id") { 6 } else { 1 };
    prop_oneof![24 => fits(table, column).prop_map(Some), 3 => borders(column.kind).prop_map(Some), null => Just(None)]
}

/// Values that a column takes.
fn fits(table: &'static Table, column: &'static Column) -> BoxedStrategy<String> {
    match column.kind {
        ColumnType::Uuid => {
            let foreign = table.foreign.iter().find(|(_, name, _)| *name == column.name);
            let of = foreign.map_or(table.name, |(_, _, parent)| *parent);
            // What others belong to is mostly the first, which is there; rows of one's own spread more.
            let number =
                if foreign.is_some() { prop_oneof![6 => Just(0), 1 => 0..IDS].boxed() } else { (0..2 * IDS).boxed() };
            number.prop_map(move |number| id(of, number)).boxed()
        }
        ColumnType::Varchar(_) => select(vec!["work", "Work", "a@b.c", "vader", "joy", "日本", "e\u{301}", "é"])
            .prop_map(String::from)
            .boxed(),
        ColumnType::Text | ColumnType::IndexedText => prop_oneof![
            "[a-zé日 \n\t]{1,40}",
            "\\PC{1,60}",
            any::<String>().prop_map(|text| text.replace('\0', "0")),
            select(vec![
                "one  two",
                " a b ",
                "one\ntwo",
                "\ta b",
                "\u{a0}",
                "a\u{3000}b",
                "\u{feff}",
                "\u{10ffff}",
                "👨‍👩‍👧‍👦 x"
            ])
            .prop_map(String::from),
        ]
        .boxed(),
        ColumnType::Date => days().prop_map(|day| day.to_string()).boxed(),
        ColumnType::Timestamp => instants().boxed(),
        ColumnType::Decimal(_, scale) => prop_oneof![
            (0..=10i64.pow(scale)).prop_map(move |number| format!(
                "{:.*}",
                scale as usize,
                number as f64 / 10f64.powi(scale as i32)
            )),
            (0..1_000_000u32).prop_map(|number| format!("0.{number:06}")),
            select(vec![
                "0",
                "1",
                "1.0",
                "0.5",
                "5e-1",
                "+.25",
                "0.005",
                "0.00005",
                "0.004999999999999999999999999999999999"
            ])
            .prop_map(String::from),
        ]
        .boxed(),
        ColumnType::Boolean => select(vec!["true", "false", "t", "0"]).prop_map(String::from).boxed(),
        ColumnType::Json => documents().boxed(),
        ColumnType::Inet => select(vec![
            "10.0.0.1",
            "10.0.0.1/32",
            "10.1.2.3/8",
            "::1",
            "2001:DB8:0:0::1/64",
            "::ffff:1.2.3.4",
            "0.0.0.0/0",
            "fe80::1/128",
        ])
        .prop_map(String::from)
        .boxed(),
    }
}

/// Values at the edge of what a column takes, on either side.
fn borders(kind: ColumnType) -> BoxedStrategy<String> {
    let of = |texts: Vec<&'static str>| select(texts).prop_map(String::from).boxed();
    match kind {
        ColumnType::Uuid => of(vec![
            "",
            "x",
            "0190a000-0000-7000-8000-00000000000g",
            "{0190a000-0000-7000-8000-000000000001}",
            "0190a000000070008000000000000001",
            "0190A000-0000-7000-8000-000000000001",
            "0190a000-0000-7000-8000-0000000000011",
        ]),
        ColumnType::Varchar(length) => (
            select(vec!["a", "é", "語", "👍", " ", "\t"]),
            select(vec![0, 1, length - 1, length, length + 1, length * 2]),
            0..3usize,
        )
            .prop_map(|(letter, count, spaces)| format!("{}{}", letter.repeat(count), " ".repeat(spaces)))
            .boxed(),
        ColumnType::Text | ColumnType::IndexedText => {
            of(vec!["", " ", "   ", "\t", "\n", "\u{a0}", "\u{200b}", " \u{3000} ", "a\0b", "\0"])
        }
        ColumnType::Date => of(vec![
            "0001-01-01",
            "9999-12-31",
            "0000-12-31",
            "2023-02-29",
            "2024-02-30",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "1900-02-29",
            "2000-02-29",
            "",
            "someday",
            "2024-02-31",
        ]),
        ColumnType::Timestamp => of(vec![
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
            "2024-02-30T00:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-01T12:61:00Z",
            "0000-01-01T00:00:00Z",
            "",
            "now then",
            "2024-01-01T00:00:00.000001-11:30",
        ]),
        ColumnType::Decimal(..) => prop_oneof![
            of(vec![
                "NaN",
                "nan",
                "Infinity",
                "-inf",
                "",
                ".",
                "-",
                "1e",
                "abc",
                "1.004",
                "1.005",
                "-1.004",
                "-1.005",
                "1.00004",
                "1.00005",
                "-0.004",
                "-0.005",
                "-0.00004",
                "-0.00005",
                "9.994",
                "9.995",
                "9.99994",
                "9.99995",
                "10",
                "1e3",
                "1e-400",
                "-0",
                "1.0049999999999999999999999999999999999999999",
                "00000000000000000000000000000000000000000.3",
                " 0.5 ",
                "0.5 x",
                "0x10",
            ]),
            (-20_000_000i64..20_000_000).prop_map(|number| format!("{:.6}", number as f64 / 1e6)),
        ]
        .boxed(),
        ColumnType::Boolean => of(vec!["", "maybe", "2"]),
        ColumnType::Json => of(vec![
            "",
            "{",
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "\"\\u0000\"",
            "{\"\\u0000\":1}",
            "\"\\\\u0000\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "NaN",
            "null",
            " 1 ",
            "1.0",
            "2.50",
            "1e2",
            "-0",
            "12345678901234567890123",
            "1E-300",
            "01",
            "nul",
            "{\"b\":1,\"aa\":{\"\":[]}}",
            "{1:2}",
            "'a'",
            "\"tab\there\"",
            "[[[[[[]]]]]]",
            "{\"a\":}",
            "\"\\x\"",
            "true false",
        ]),
        ColumnType::Inet => of(vec![
            "",
            "10.0.0.256",
            "10.0.0.1/33",
            "::1/129",
            "fe80::1%eth0",
            "localhost",
            "10.0.0.1/",
            "1.2.3.4/x",
            "::g",
        ]),
    }
}

fn days() -> impl Strategy<Value = chrono::NaiveDate> {
    let day = |days| chrono::NaiveDate::from_num_days_from_ce_opt(days).unwrap();
    prop_oneof![4 => 730_000..740_000i32, 1 => 1..3_652_059i32].prop_map(day)
}

fn instants() -> impl Strategy<Value = String> {
    let offsets = select(vec!["Z", "+00:00", "+05:45", "-11:30", "+14:00"]);
    (days(), 0..86_400u32, 0..1_000_000u32, 0..=6usize, offsets).prop_map(|(day, second, micro, digits, offset)| {
        // An offset may carry an instant over the ends of the calendar.
        let near_an_end = !("0001-01-03".."9999-12-29").contains(&day.to_string().as_str());
        let offset = if near_an_end { "Z" } else { offset };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let fraction = if digits == 0 { String::new() } else { format!(".{}", &format!("{micro:06}")[..digits]) };
        format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
    })
}

/// JSON documents, among them emotions and profiles of the usual shape.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        (-1e6..1e6f64).prop_map(serde_json::Value::from),
        any::<String>().prop_map(|text| serde_json::Value::from(text.replace('\0', ""))),
        Just(serde_json::json!({"joy": 0.8, "sadness": 0.2})),
        Just(serde_json::json!({"pages_visited": [], "time_spent": 1200})),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::btree_map("[a-zé\"\\\\ ]{0,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
    .prop_map(|value| value.to_string())
}
