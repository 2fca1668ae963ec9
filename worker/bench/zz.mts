import fs from 'node:fs'; import * as mcl from "mcl-wasm";
import {webcrypto} from 'node:crypto';
await mcl.init(mcl.BLS12_381); mcl.setETHserialization(true);mcl.verifyOrderG1(true);
const w=await WebAssembly.instantiate(fs.readFileSync('/tmp/w/as/g1.wasm'));const x=w.instance.exports as any;
const heap=x.heap() as number; console.log('heap',heap);
const g1 = mcl.deserializeHexStrToG1("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb");
const fr=()=>{const f=new mcl.Fr();f.setByCSPRNG();return f};
const N=400;
const pts=Array.from({length:N},()=>mcl.mul(g1,fr()));
const ensure=(end:number)=>{const need=Math.ceil((end-x.memory.buffer.byteLength)/65536);if(need>0)x.memory.grow(need)};
const keysAt=heap, signsAt=keysAt+48*N, outAt=(signsAt+N+15)&~15; let top=outAt+128*N; ensure(top);
let u8=()=>new Uint8Array(x.memory.buffer);
const loadKeys=()=>pts.forEach((p,i)=>{const b=p.serialize();const f=b[0]!;b[0]=f&0x1f;u8().set(b,keysAt+48*i);u8()[signsAt+i]=f&0x20?1:0});
loadKeys();
x.decodeMany(outAt,keysAt,signsAt,N);
console.log('all ok',u8().slice(signsAt,signsAt+N).every(v=>v===1));
const encAt=(top+15)&~15; ensure(encAt+96); x.encode(encAt,outAt);
const hex=(b:Uint8Array)=>Buffer.from(b).toString('hex');
const norm=(p:mcl.G1)=>p.getStr(16).split(' ').slice(1).map(s=>s.padStart(96,'0')).join('');
console.log(hex(u8().slice(encAt,encAt+96))===norm(pts[0]!));
loadKeys();
for(let k=0;k<4;k++){loadKeys();let s=performance.now();x.decodeMany(outAt,keysAt,signsAt,N);console.log('decode',((performance.now()-s)/N).toFixed(4),'ms each');}
let s=performance.now();for(let i=0;i<N;i++){new mcl.G1().deserialize(pts[i]!.serialize())}console.log('mcl decode',((performance.now()-s)/N).toFixed(4));
const Z2=0xac45a4010001a4020000000100000000n;const r=0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const scal=pts.map(()=>BigInt('0x'+hex(webcrypto.getRandomValues(new Uint8Array(32))))%r);
const le=(v:bigint,n:number)=>Uint8Array.from({length:n},(_,i)=>Number((v>>BigInt(8*i))&255n));
function msm(groups:number[],c:number){
  const n=groups.reduce((a,b)=>a+b,0);
  const scalarsAt=encAt+96, lenAt=scalarsAt+32*n, resAt=(lenAt+4*groups.length+15)&~15, scr=(resAt+128*groups.length+15)&~15;
  ensure(scr+x.scratchBytes(groups.length,n,c));
  for(let i=0;i<n;i++){u8().set(le(scal[i]!%Z2,16),scalarsAt+32*i);u8().set(le(scal[i]!/Z2,16),scalarsAt+32*i+16);}
  new Uint32Array(x.memory.buffer,lenAt,groups.length).set(groups);
  return {run:()=>x.multiplyMany(resAt,groups.length,lenAt,outAt,n,scalarsAt,c,scr),resAt,bytes:x.scratchBytes(groups.length,n,c)};
}
{const m=msm([1,2,60,100],5);m.run();let at=0;[1,2,60,100].forEach((g,i)=>{x.encode(encAt,m.resAt+128*i);
 const want=mcl.mulVec(pts.slice(at,at+g),scal.slice(at,at+g).map(v=>{const f=new mcl.Fr();f.setStr(v.toString(16),16);return f}));at+=g;
 console.log(g,hex(u8().slice(encAt,encAt+96))===norm(want));});}
for(const [g,cs] of [[[400],[5,6,7,8]],[[100,100,100,100],[4,5,6]],[[60,60,60,60,60,60],[4,5,6]],[[60],[4,5]],[[100],[4,5]]] as [number[],number[]][]){
 for(const c of cs){const m=msm(g,c);let best=1e9;for(let k=0;k<6;k++){let s=performance.now();m.run();best=Math.min(best,performance.now()-s);}console.log(g.join(','),'c',c,best.toFixed(2),'ms', (m.bytes/1e6).toFixed(1),'MB');}
}
for(const n of [60,100,400]){const a=pts.slice(0,n),b=scal.slice(0,n).map(v=>{const f=new mcl.Fr();f.setStr(v.toString(16),16);return f});let best=1e9;for(let k=0;k<6;k++){let s=performance.now();mcl.mulVec(a,b);best=Math.min(best,performance.now()-s);}console.log('mcl',n,best.toFixed(2));}
