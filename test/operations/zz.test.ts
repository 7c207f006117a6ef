import { it } from "vitest";
import { execFileSync, spawnSync } from "node:child_process";
import { useChangeDriver } from "../helpers/change-driver.ts";
import { makeProfileWorld, installFrom } from "../helpers/profile-worlds.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
const driver = useChangeDriver();
it("counts", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  const [a,b,c] = ["a","b","c"].map(n => world.source(`${n}-1`, {[`bin/${n}`]: n}));
  await installFrom(store,a!);await installFrom(store,b!);
  execFileSync("cp",["-a",world.root,`${world.directory}/t1`]);
  for (const step of [{do:"switch",selector:"1"},{do:"install",from:[c!]}] as const) 
  console.log(step.do, spawnSync("/usr/bin/time",["-f","%U %S %e",process.execPath, driver.script(), JSON.stringify({root:world.root, steps:[step]})],{encoding:"utf8"}).stderr);
  console.log("bare", spawnSync("/usr/bin/time",["-f","%U %S %e",process.execPath, "-e","0"],{encoding:"utf8"}).stderr);
  console.log("restore", spawnSync("/usr/bin/time",["-f","%U %S %e","sh","-c",`chmod -R u+w ${world.root}; rm -rf ${world.root} && cp -a ${world.directory}/t1 ${world.root}`],{encoding:"utf8"}).stderr);
  let u=process.cpuUsage(); for(let i=0;i<10;i++) brokenRules(store); u=process.cpuUsage(u); console.log("rules",(u.user+u.system)/10000);
  u=process.cpuUsage(); for(let i=0;i<10;i++) await installFrom(store, i%2?a!:c!); u=process.cpuUsage(u); console.log("install",(u.user+u.system)/10000);
});
