using LightVM.Lab.Cli;

return await LabCommandLine.RunAsync(args);
