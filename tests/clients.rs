//! The two clients of an embedded database: the SDK's client with JSON, as on AWS, and the in-process client. The store
//! cannot distinguish them: the same requests get the same responses and the same errors.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    primitives::Blob,
    types::{
        AttributeValue, ConditionCheck, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest, ReturnValue,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update, WriteRequest,
    },
};
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use dynoxide::Database;
use local::{durability::Durability, embedded::Embedded, pump::pump, tables};
use shared::{
    aws,
    config::Tables,
    store::client::{self, Client, Request},
};
use std::{collections::HashMap, fmt::Debug, time::Duration};

type Item = HashMap<String, AttributeValue>;

/// A database behind each kind of client.
struct Both {
    sdk: Client,
    in_process: Client,
    users: String,
    sessions: String,
}

impl Both {
    fn new() -> Self {
        let tables = Tables::default();
        let embedded = || {
            let database = Database::memory().unwrap();
            tables::create(&database).unwrap();
            let (feed, _) = pump(database.clone(), &tables);
            Embedded::new(database, feed, Durability::none())
        };
        Self {
            sdk: Client::new(&aws::embedded(embedded(), Duration::from_millis(1))),
            in_process: Client::in_process(embedded()),
            users: tables.users.clone(),
            sessions: tables.sessions.clone(),
        }
    }

    /// The response of both clients to `request`.
    async fn answers<R>(&self, request: R) -> R::Output
    where
        R: Request<Output: PartialEq + Debug, Error: Debug> + Clone,
    {
        let sdk = request.clone().call(&self.sdk).await.unwrap();
        assert_eq!(request.call(&self.in_process).await.unwrap(), sdk);
        sdk
    }

    /// The errors of both clients for `request`, the SDK's error first. Status, code and message are the same.
    async fn refusals<R>(&self, request: R) -> [R::Error; 2]
    where
        R: Request<
                Output: Debug,
                Error: ProvideErrorMetadata + CreateUnhandledError + std::error::Error + Send + Sync + 'static,
            > + Clone,
    {
        let sdk = request.clone().call(&self.sdk).await.unwrap_err();
        let in_process = request.call(&self.in_process).await.unwrap_err();
        let told = |error: &SdkError<R::Error>| {
            let status = error.raw_response().unwrap().status().as_u16();
            let error = error.as_service_error().unwrap();
            (status, error.code().unwrap().to_owned(), error.message().unwrap().to_owned())
        };
        assert_eq!(told(&in_process), told(&sdk));
        [sdk, in_process].map(SdkError::into_service_error)
    }

    async fn put(&self, item: &Item) {
        self.answers(client::put_item().table_name(&self.users).set_item(Some(item.clone()))).await;
    }
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item(attributes: &[(&str, AttributeValue)]) -> Item {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn key(sk: &str) -> Item {
    item(&[("pk", s("somebody")), ("sk", s(sk))])
}

fn row(sk: &str, attributes: &[(&str, AttributeValue)]) -> Item {
    let mut row = key(sk);
    row.extend(item(attributes));
    row
}

#[tokio::test]
async fn a_row_of_all_types() {
    let both = Both::new();
    let all = row(
        "all",
        &[
            ("text", s("Grüße \u{1f600} \"\\")),
            ("empty", s("")),
            ("number", AttributeValue::N("12345678901234567890.5".to_owned())),
            ("bytes", AttributeValue::B(Blob::new([0, 255]))),
            ("yes", AttributeValue::Bool(true)),
            ("nothing", AttributeValue::Null(true)),
            ("texts", AttributeValue::Ss(vec!["a".to_owned()])),
            ("numbers", AttributeValue::Ns(vec!["7".to_owned()])),
            ("blobs", AttributeValue::Bs(vec![Blob::new([1])])),
            ("list", AttributeValue::L(vec![n(1), s("two"), AttributeValue::L(Vec::new())])),
            ("map", AttributeValue::M(item(&[("inner", AttributeValue::M(item(&[("deep", n(3))])))]))),
        ],
    );
    both.put(&all).await;
    let get = client::get_item().table_name(&both.users).consistent_read(true);
    assert_eq!(both.answers(get.clone().set_key(Some(key("all")))).await.item, Some(all));
    assert_eq!(both.answers(get.clone().set_key(Some(key("none")))).await.item, None);
    let some = get.set_key(Some(key("all"))).projection_expression("sk, #t").expression_attribute_names("#t", "text");
    assert_eq!(both.answers(some).await.item.unwrap().len(), 2);
}

#[tokio::test]
async fn batches() {
    let both = Both::new();
    let put = |number: u32| {
        let put = PutRequest::builder().set_item(Some(row(&number.to_string(), &[("number", n(number))])));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    both.answers(client::batch_write_item().request_items(&both.users, (0..9).map(put).collect())).await;
    let delete = DeleteRequest::builder().set_key(Some(key("3"))).build().unwrap();
    let delete = WriteRequest::builder().delete_request(delete).build();
    both.answers(client::batch_write_item().request_items(&both.users, vec![delete])).await;
    let keys = |numbers: &[u32]| {
        let keys = numbers.iter().map(|number| key(&number.to_string())).collect();
        KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
    };
    let get =
        client::batch_get_item().request_items(&both.users, keys(&[2, 3, 8])).request_items(&both.sessions, keys(&[2]));
    let found = both.answers(get).await.responses.unwrap();
    assert_eq!((found[&both.users].len(), found[&both.sessions].len()), (2, 0));
    both.refusals(client::batch_get_item().request_items("none", keys(&[1]))).await;
    both.refusals(client::batch_write_item().request_items("none", vec![put(1)])).await;
}

#[tokio::test]
async fn queries() {
    let both = Both::new();
    for number in 0..9 {
        both.put(&row(&format!("n{number}"), &[("number", n(number)), ("text", s("some"))])).await;
    }
    let query = client::query()
        .table_name(&both.users)
        .key_condition_expression("pk = :pk AND begins_with(sk, :n)")
        .expression_attribute_values(":pk", s("somebody"))
        .expression_attribute_values(":n", s("n"))
        .consistent_read(true);
    assert_eq!(both.answers(query.clone()).await.count, 9);
    let page = both.answers(query.clone().limit(4).scan_index_forward(false)).await;
    let next = query.clone().limit(9).scan_index_forward(false).set_exclusive_start_key(page.last_evaluated_key);
    let next = both.answers(next.projection_expression("sk")).await;
    assert_eq!((next.count, next.last_evaluated_key), (5, None));
    let few = query.filter_expression("#n > :six").expression_attribute_names("#n", "number");
    assert_eq!(both.answers(few.clone().expression_attribute_values(":six", n(6))).await.count, 2);
    both.refusals(few.expression_attribute_values(":seven", n(7))).await;
}

#[tokio::test]
async fn single_writes_and_their_conditions() {
    let both = Both::new();
    both.put(&row("it", &[("number", n(1))])).await;
    let new = client::put_item().table_name(&both.users).set_item(Some(key("it")));
    let new = new.condition_expression("attribute_not_exists(pk)");
    both.refusals(new.clone()).await;
    both.refusals(new.table_name("none")).await;
    let update = client::update_item()
        .table_name(&both.users)
        .set_key(Some(key("it")))
        .update_expression("ADD #n :one SET made = :one")
        .expression_attribute_names("#n", "number")
        .expression_attribute_values(":one", n(1));
    for wanted in [ReturnValue::AllNew, ReturnValue::UpdatedNew, ReturnValue::AllOld, ReturnValue::None] {
        both.answers(update.clone().return_values(wanted)).await;
    }
    let only = update.condition_expression("#n = :one");
    let only = only.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    for error in both.refusals(only).await {
        let UpdateItemError::ConditionalCheckFailedException(refused) = error else { panic!("{error:?}") };
        assert_eq!(refused.item, Some(row("it", &[("number", n(5)), ("made", n(1))])));
    }
    let delete = client::delete_item().table_name(&both.users).set_key(Some(key("it")));
    let delete = delete.condition_expression("attribute_exists(pk)").return_values(ReturnValue::AllOld);
    assert!(both.answers(delete.clone()).await.attributes.is_some());
    both.refusals(delete).await;
}

#[tokio::test]
async fn transactions() {
    let both = Both::new();
    let put = |sk: &str| {
        let put = Put::builder().table_name(&both.users).set_item(Some(row(sk, &[("number", n(1))])));
        let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    both.answers(client::transact_write_items().transact_items(put("a")).transact_items(put("b"))).await;
    let update = Update::builder()
        .table_name(&both.users)
        .set_key(Some(key("a")))
        .update_expression("SET #n = #n + :one")
        .condition_expression("#n = :one")
        .expression_attribute_names("#n", "number")
        .expression_attribute_values(":one", n(1));
    let update = TransactWriteItem::builder().update(update.build().unwrap()).build();
    let delete = Delete::builder().table_name(&both.users).set_key(Some(key("b"))).build().unwrap();
    let delete = TransactWriteItem::builder().delete(delete).build();
    let check = ConditionCheck::builder().table_name(&both.sessions).set_key(Some(key("c")));
    let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let check = TransactWriteItem::builder().condition_check(check).build();
    let all = client::transact_write_items().set_transact_items(Some(vec![update, delete, check]));
    both.answers(all.clone()).await;
    let reasons = both.refusals(all.transact_items(put("d"))).await.map(|error| match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons.unwrap(),
        other => panic!("{other:?}"),
    });
    assert_eq!(reasons[0], reasons[1]);
    let codes: Vec<_> = reasons[0].iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["ConditionalCheckFailed", "None", "None", "None"]);
    let get = client::get_item().table_name(&both.users);
    assert_eq!(both.answers(get.clone().set_key(Some(key("d")))).await.item, None, "all or nothing");
    assert_eq!(both.answers(get.set_key(Some(key("a")))).await.item.unwrap()["number"], n(2));
}
