//! Many connections at once.

use crate::world::World;
use futures::future::join_all;
use serde_json::json;

const USERS: usize = 100;
const EACH: usize = 10;

#[tokio::test]
async fn a_thousand_connections_hear_their_own_and_nothing_else() {
    let world = World::new();
    let server = world.listen().await;
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(world.user(&format!("user{number}")).await);
    }
    let mut sockets = Vec::new();
    for user in &users {
        let one = async || {
            let mut socket = server.connect("/ws").await;
            socket.authenticate(user.token()).await;
            socket.hears_nothing_more().await;
            socket
        };
        sockets.push(join_all((0..EACH).map(|_| one())).await);
    }
    assert_eq!(world.gateway.count(), USERS * EACH);
    world.dispatch().await;
    for (number, user) in users.iter().enumerate() {
        let reply = user.post("/send/", json!({"message": format!("I am {number}")})).await;
        assert_eq!(reply.status, 200);
    }
    world.dispatch().await;
    for (number, own) in sockets.iter_mut().enumerate() {
        for socket in own {
            let frames = socket.hears_all(3).await;
            assert_eq!(frames[1]["data"]["message"]["content"], format!("I am {number}"));
            socket.hears_nothing_more().await;
        }
    }
}
