import { testLiveServerContract } from '../live-server-contract.ts';
import { createWsLiveServer } from './ws-live-server.ts';

testLiveServerContract('ws', createWsLiveServer);
