//! The `connections` table: authenticated connections, and tickets to connect with. A connection is stored once its
//! user is known, in two rows: one by its id, and one in its user's partition.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    keys, read, read_all, read_if_any, s,
    transaction::{Action, Outcome},
    walk::Walk,
    write,
};
use crate::domain::{
    connection::{Connection, ConnectionId, Ticket},
    ids::UserId,
    time::Timestamp,
};
use aws_sdk_dynamodb::{operation::delete_item::DeleteItemError, types::ReturnValue};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct ConnectionRow {
    #[serde(flatten)]
    connection: Connection,
    /// Its partition in the index of all connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everyone: Option<String>,
    expires_at: u64,
}

#[derive(Serialize, Deserialize)]
struct TicketRow {
    #[serde(flatten)]
    ticket: Ticket,
    expires_at: u64,
}

impl Store {
    /// Stores the user of a connection. `false` if the connection already has one.
    pub async fn add_connection(&self, connection: &Connection) -> Result<bool, CallError> {
        let (about, own) = self.connection_keys(connection);
        let row = |everyone| ConnectionRow {
            connection: connection.clone(),
            everyone,
            expires_at: connection.ends_at.seconds(),
        };
        let listed = row(Some(keys::connection_part(&connection.id)));
        let about = Action::put_new(about.clone(), write(about, listed)?);
        let own = Action::put(own.clone(), write(own, row(None))?);
        Ok(self.transact(vec![((), about), ((), own)]).await? == Outcome::Committed)
    }

    /// Reads the connection with this id, if its user is known.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<Connection>, CallError> {
        let row: Option<ConnectionRow> = read_if_any(self.get(keys::connection(&self.tables, id)).await?)?;
        Ok(row.map(|row| row.connection))
    }

    /// Lists a user's connections. `max` limits the read to about the most that a user can have.
    pub async fn connections_of(&self, user: UserId, max: usize) -> Result<Vec<Connection>, CallError> {
        let query = client::query()
            .table_name(&self.tables.connections)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", s(keys::user_partition(user)))
            .expression_attribute_values(":first", s(keys::FIRST_CONNECTION))
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[Item]>::len)
            .await?;
        Ok(read_all::<ConnectionRow>(items)?.into_iter().map(|row| row.connection).collect())
    }

    /// Reads some connections of one part of the index of all connections: those after `start`. Also returns where to
    /// continue.
    pub async fn some_connections(
        &self,
        part: u8,
        start: Option<Item>,
    ) -> Result<(Vec<Connection>, Option<Item>), CallError> {
        let found = client::query()
            .table_name(&self.tables.connections)
            .index_name(keys::EVERYONE)
            .key_condition_expression("everyone = :part")
            .expression_attribute_values(":part", s(part))
            .limit(EVERYONE_AT_ONCE)
            .set_exclusive_start_key(start)
            .call(&self.client)
            .await?;
        let items = found.items.unwrap_or_default().into_iter();
        let keys = items.map(|item| keys::Key::of_indexed(&self.tables.connections, item)).collect();
        let rows: Vec<ConnectionRow> = read_all(self.get_many(keys).await?.into_iter().flatten().collect())?;
        Ok((rows.into_iter().map(|row| row.connection).collect(), found.last_evaluated_key))
    }

    /// Removes the rows of connections.
    pub async fn remove_connections(&self, connections: &[Connection]) -> Result<(), CallError> {
        let removed = connections.iter().map(|connection| {
            let (about, own) = self.connection_keys(connection);
            self.commit(vec![Action::delete(about), Action::delete(own)])
        });
        join_all(removed).await.into_iter().collect()
    }

    /// Stores a ticket under `hash`, its SHA-256 in hex.
    pub async fn add_ticket(&self, hash: &str, ticket: Ticket) -> Result<(), CallError> {
        let key = keys::ticket(&self.tables, hash);
        let user = ticket.proven.user;
        let row = TicketRow { expires_at: ticket.ends_at.seconds(), ticket };
        self.commit_for(user, vec![Action::put_new(key.clone(), write(key, row)?)]).await
    }

    /// Takes a ticket and removes it. `None` if it does not exist or has expired.
    pub async fn take_ticket(&self, hash: &str, now: Timestamp) -> Result<Option<Ticket>, CallError> {
        let key = keys::ticket(&self.tables, hash);
        let sent = client::delete_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllOld)
            .call(&self.client)
            .await;
        match sent {
            Ok(output) => {
                let row: Option<TicketRow> = output.attributes.map(read).transpose()?;
                Ok(row.map(|row| row.ticket).filter(|ticket| now < ticket.ends_at))
            }
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn connection_keys(&self, connection: &Connection) -> (keys::Key<'_>, keys::Key<'_>) {
        let about = keys::connection(&self.tables, &connection.id);
        (about, keys::user_connection(&self.tables, connection.proven.user, &connection.id))
    }
}

/// The most connections that one call lists.
const EVERYONE_AT_ONCE: i32 = 200;
