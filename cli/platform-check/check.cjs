// Runs before any package's own install step: an unsupported platform is named here, not in the middle of a compiler's output.
// The set is what the RocksDB binding ships prebuilt: see docs/adr/0001-rocksdb-binding.md. Plain CommonJS: it must run on any Node.
'use strict';
const supported = ['linux-x64', 'darwin-arm64'];
const platform = process.platform + '-' + process.arch;
const version = process.versions.node.split('.').map(Number);
const report = process.report && process.report.getReport ? process.report.getReport() : undefined;
const musl = process.platform === 'linux' && report !== undefined && report.header.glibcVersionRuntime === undefined;
const problems = [];
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  problems.push('Node ' + process.versions.node + ' is too old: Stepwright needs Node 20.19 or newer (20, 22 and 24 are fine).');
}
if (!supported.includes(platform) || musl) {
  problems.push(
    'No prebuilt RocksDB for ' +
      platform +
      (musl ? ' (musl)' : '') +
      '; there is one for ' +
      supported.join(' and ') +
      ' (glibc).\n' +
      'Ways out: run it in a container of the kind linux/amd64 (docker run --platform linux/amd64 -it node:20 bash), on a Linux x64 or Apple Silicon machine,\n' +
      'or, with CMake, Python and a C++20 compiler at hand, build the binding yourself: STEPWRIGHT_BUILD_NATIVE=1 npm install.',
  );
}
if (problems.length > 0 && process.env.STEPWRIGHT_BUILD_NATIVE !== '1') {
  process.stderr.write('\nStepwright cannot be installed here (PLATFORM_UNSUPPORTED).\n' + problems.join('\n') + '\n');
  process.exit(1);
}
