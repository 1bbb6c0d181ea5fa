/** Arrow in and Arrow out, with pyarrow on both sides. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonWithArrow } from './pyarrow.js';
import { directory, fixtures, shell } from './run.js';

const python = pythonWithArrow();

function judge(script: string, cwd: string): string {
  return execFileSync(
    python as string,
    ['-c', `import pyarrow as pa, pyarrow.ipc as ipc\n${script}`],
    {
      cwd,
      encoding: 'utf8',
    },
  );
}

test.runIf(python)(
  'a file: every column comes back as it was, and the labels are those of -l',
  async () => {
    const cwd = directory();
    const digits = join(fixtures, 'digits.arrow');
    const { stderr, code } = await shell(
      `kmeans fit '${digits}' --exclude digit -k 10 -q -m model.json -l labels.csv -o out.arrow`,
      { cwd },
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const labels = judge(
      `before = ipc.open_file(${JSON.stringify(digits)}).read_all()
after = ipc.open_file('out.arrow').read_all()
assert after.drop_columns(['cluster']).equals(before), after.schema
assert after.schema.field('cluster').type == pa.uint32()
print('cluster', *after['cluster'].to_pylist(), sep='\\n')`,
      cwd,
    );
    expect(labels === readFileSync(join(cwd, 'labels.csv'), 'utf8')).toBe(true);
  },
);

test.runIf(python)(
  'a stream through a pipe, of every type that pyarrow has for numbers',
  async () => {
    const cwd = directory();
    judge(
      `import random
random.seed(1)
types = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
         pa.float16(), pa.float32(), pa.float64()]
rows = [random.choice([0, 60]) + random.randrange(9) for _ in range(300)]
table = pa.table([pa.array([float(x) if pa.types.is_floating(t) else x for x in rows], type=t) for t in types],
                 names=[str(t) for t in types]).append_column('text', pa.array([f'row {i}' for i in range(300)]))
with ipc.new_stream('in.arrows', table.schema) as writer:
    writer.write_table(table, max_chunksize=77)`,
      cwd,
    );
    const { stderr, code } = await shell(
      `cat in.arrows | kmeans fit -k 2 -q -m model.json
     cat in.arrows | kmeans predict -q -m model.json --distances > out.arrows`,
      { cwd },
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const told = judge(
      `before, after = (ipc.open_stream(name).read_all() for name in ('in.arrows', 'out.arrows'))
added = ['cluster', 'distance_0', 'distance_1']
assert after.column_names == before.column_names + added, after.column_names
assert after.drop_columns(added).equals(before)
far = [row['int8'] >= 60 for row in after.to_pylist()]
label = after['cluster'].to_pylist()
assert all((a == b) == (x == y) for a, x in zip(far, label) for b, y in zip(far[:9], label[:9]))
print(after.num_rows)`,
      cwd,
    );
    expect(told).toBe('300\n');
  },
);

test.runIf(python)('a null is refused with its place', async () => {
  const cwd = directory();
  judge(
    `table = pa.table({'a': pa.array([1.0, None, 3.0]), 'b': [1, 2, 3]})
with ipc.new_file('holes.arrow', table.schema) as writer:
    writer.write_table(table)`,
    cwd,
  );
  const { stderr, code } = await shell('kmeans fit holes.arrow -k 2', { cwd });
  expect(stderr).toContain('holes.arrow: row 2, column "a"');
  expect(code).toBe(1);
});
