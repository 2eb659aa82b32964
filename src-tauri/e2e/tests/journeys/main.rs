//! What a person does with Patchbay, in the real window.
#![cfg(target_os = "linux")]

mod appearance;
mod chats;
mod compare;
mod compare_judged;
mod crash;
mod families;
mod faults;
mod gateway;
mod hostile;
mod keys;
mod local_model;
mod network_gone;
mod organisation;
mod providers;
mod real_servers;
mod reload;
mod routes;
mod scripts;
mod spend;
mod spend_free;
mod steps;
mod storage;
