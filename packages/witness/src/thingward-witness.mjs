#!/usr/bin/env node
import { runWitness } from './program.ts';

process.exitCode = await runWitness(process.argv.slice(2), process);
