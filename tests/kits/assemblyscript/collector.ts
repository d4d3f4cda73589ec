// Works the collector of hostheap_gc: what is alive must stay as it is, whenever it runs.
//
//     asc collector.ts --runtime …/hostheap_gc --use abort= --use HH_GC_STRESS=1 -O -o collector.wasm
//     hostheap call collector.wasm run 60        # 884
//
// Anything that was freed too early traps, or changes the answer.

class Node {
  next: Node | null = null;
  kids: Node[] = [];
  name: string;

  constructor(number: i32) {
    this.name = "n" + number.toString();
  }
}

// Static data that leads to objects made later.
const lists: string[][] = [["a"], ["b"]];

let kept: Map<string, Node> = new Map();

function tree(depth: i32): Node {
  const node = new Node(depth);
  if (depth > 0) {
    const kid = tree(depth - 1);
    node.kids.push(kid);
    node.next = new Node(-depth);
  }
  return node;
}

function size(node: Node): i32 {
  let count = 1;
  for (let i = 0; i < node.kids.length; i++) count += size(node.kids[i]);
  const next = node.next;
  if (next) {
    assert(next.name.startsWith("n-"));
    count++;
  }
  return count;
}

function words(): void {
  const loud = "the quick brown fox jumps"
    .split(" ")
    .map<string>((word, i, all) => word.toUpperCase() + i.toString());
  assert(loud.join("-") == "THE0-QUICK1-BROWN2-FOX3-JUMPS4");
}

function numbers(round: i32): void {
  const floats = new Float64Array(33);
  for (let i = 0; i < 33; i++) {
    assert(floats[i] == 0); // new memory is zeroed
    floats[i] = i;
  }
  const all = new Array<i32>(40);
  for (let i = 0; i < 40; i++) {
    assert(all[i] == 0);
    all[i] = round ^ (i * 7);
  }
  all.length = 100;
  for (let i = 40; i < 100; i++) assert(all[i] == 0); // and so is what it grows by
  all.sort((a, b) => a - b);
  for (let i = 1; i < 100; i++) assert(all[i - 1] <= all[i]);
}

/** How many trees it found whole. */
export function run(rounds: i32): i32 {
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    kept.set("k" + (round % 17).toString(), tree(20));
    const list = lists[round & 1];
    list.push("x" + round.toString());
    if (list.length > 30) list.splice(1, 20);
    words();
    numbers(round);
    const set = new Set<string>();
    for (let i = 0; i < 50; i++) set.add(((i * round) % 13).toString());
    assert(set.size <= 13);
    const keys = kept.keys();
    for (let i = 0; i < keys.length; i++) {
      const node = kept.get(keys[i]);
      assert(size(node) == 41 && node.kids[0].name == "n19");
      found++;
    }
    for (let i = 0; i < list.length; i++) assert(list[i].length > 0);
  }
  return found;
}
