// pattern.js FILE: compares verdicts on ["pattern", "text", verdict] lines
// with those of RegExp, with the u flag if it can have it, else without
// (Annex B).  "fault" is right where the u flag refuses the pattern.  Prints
// each difference.
'use strict';
const fs = require('fs');

function compile(pattern, flags) {
	try {
		return new RegExp(pattern, flags);
	} catch (e) {
		return null;
	}
}

function want(pattern, text, verdict) {
	let re = compile(pattern, 'u');

	// V8 looks for \B between the halves of a surrogate pair, too.
	if (pattern.includes('\\B') && /[^\0-\uffff]/u.test(text))
		return verdict;
	if (re === null && verdict !== 'fault') {
		// Without the flag these would mean something else.
		if (/\\[pPku]|[^\0-\uffff]/u.test(pattern + text))
			return verdict;
		re = compile(pattern, '');
	}
	return re === null ? 'fault' : re.test(text) ? 'yes' : 'no';
}

let lines = 0;
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
	if (line === '')
		continue;
	lines++;
	const [pattern, text, verdict] = JSON.parse(line);
	const wanted = want(pattern, text, verdict);
	if (wanted !== verdict)
		console.log(`${line} but RegExp says ${wanted}`);
}
console.log(`lines ${lines}`);
