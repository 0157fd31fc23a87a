//! The guide for authors of connectors shows the program that is compiled, and nothing else.

#[test]
fn the_guide_shows_the_whole_program() {
    let guide = include_str!("../../docs/guide/write-a-connector.md");
    let program = include_str!("../write_a_connector.rs");
    let blocks = guide.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let shown = blocks.collect::<Vec<_>>().join("\n");
    for (place, (shown, compiled)) in shown.lines().zip(program.lines()).enumerate() {
        assert_eq!(shown, compiled, "the guide departs from write_a_connector.rs in its line {}", place + 1);
    }
    assert_eq!(shown.lines().count(), program.lines().count(), "one of them goes on where the other one ends");
}
