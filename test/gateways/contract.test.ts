import { describeGateway } from './contract.ts';
import { PARTIES } from './parties.ts';

Object.values(PARTIES).forEach(describeGateway);
