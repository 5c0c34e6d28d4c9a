import { importFormats } from '../../agent/import/import-result.ts';
import { booleanOption, oneOfOption, stringOption } from '../../topology/base/option-types.ts';
import { defineCommand } from '../command.ts';
import { runGuides } from '../guide/run-guides.ts';
import { dataOptions, engineOptions } from '../options.ts';

/** Options of the command. */
export const guideOptions = {
  ...dataOptions,
  ...engineOptions,
  data: stringOption({
    default: undefined,
    help: 'Folder that keeps the state, so that running again goes on; a temporary one when not given.',
  }),
  format: oneOfOption(importFormats, { default: undefined, help: 'Format of all files; detected from each when not given.' }),
  out: stringOption({ default: undefined, help: 'Folder for guide.json, guide.html, guide.md and pictures, one folder a file.' }),
  json: booleanOption({ default: false, help: 'Only the documents: no progress on stderr.' }),
};

/** `stepwright guide FILE…`: recordings in, guides out, through the same embedded platform that `start` runs. */
export const guideCommand = defineCommand({
  name: 'guide',
  about: 'Turn recorded files into guides: one JSON document a line on stdout, in argument order.',
  usage: 'guide FILE… [options]',
  table: guideOptions,
  run: (values, files, context) => runGuides(values, files, { context }),
});
